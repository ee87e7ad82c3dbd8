"""An OpenID Connect provider that runs in the test: discovery, keys, authorization code with PKCE, user info.

What it does wrong on purpose is in `Provider.faults`, `Provider.token_claims` and `Provider.key`.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "mirror", "client-secret"
KEY_ID = "first"


def make_key(key_id: str = KEY_ID) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """A provider, and the one person who is logged in there.

    person: his claims. claims_in: "id_token", or "userinfo" for those that only the address for them tells.
    token_claims: what replaces claims of the ID token; None leaves one out. faults: words of what goes wrong.
    """

    url: str
    key: RSAKey
    published_keys: list[RSAKey]
    person: dict[str, Any] = field(default_factory=dict)
    claims_in: str = "id_token"
    token_claims: dict[str, Any] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": "https://other.example" if "another issuer" in self.faults else self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
            # As some providers say, also of tokens of logins, which must be signed all the same.
            "id_token_signing_alg_values_supported": ["RS256", "none"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return the address to which the browser is sent back."""
        if "refuses" in self.faults:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_hex(8)
        self.grants[code] = query
        state = "another" if "another state" in self.faults else query["state"]
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the tokens for a code, which serves once and with PKCE's secret only."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        grant = self.grants.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        if grant is None or grant["code_challenge"] != challenge or grant["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        tokens = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        if "no ID token" not in self.faults:
            tokens["id_token"] = self.sign(grant["nonce"])
        return 200, tokens

    def sign(self, nonce: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        person = self.person if self.claims_in == "id_token" else {"sub": self.person["sub"]}
        claims = {
            name: value for name, value in (claims | person | self.token_claims).items() if value is not None
        }
        if "unsigned" in self.faults:
            parts = ({"alg": "none"}, claims)
            encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
            return b".".join([*encoded, b""]).decode()
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


class Handler(BaseHTTPRequestHandler):
    """Serves the provider of its server."""

    provider: Provider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.provider.requests.append(path)
        if "away" in self.provider.faults:
            self.close_connection = True
        elif path == "/authorize":
            values = {name: texts[0] for name, texts in query.items()}
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(values))
            self.end_headers()
        elif path == "/logout":
            self.answer(200, {"logged out": True})
        elif path == "/.well-known/openid-configuration":
            self.answer(200, self.provider.describe())
        elif path == "/keys":
            self.answer(200, {"keys": [key.as_dict(private=False) for key in self.provider.published_keys]})
        elif path == "/userinfo" and self.headers["Authorization"] == "Bearer access":
            self.answer(200, self.provider.person)
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: texts[0] for name, texts in parse_qs(body).items()}
        self.answer(*self.provider.exchange(form, self.headers.get("Authorization", "")))

    def answer(self, status: int, content: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Run a provider in which nobody is logged in yet."""
    key = make_key()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}", key, [key])
    Handler.provider = provider
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

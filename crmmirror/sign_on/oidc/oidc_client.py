"""The client of the OpenID Connect provider: Authlib, with discovery, PKCE, state and nonce.

What the library leaves to its user is checked here: that the provider calls itself OIDC_ISSUER, that tokens
are for this client, and that they are signed with a key of the provider's own.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import requests
from authlib.integrations.django_client import OAuth
from authlib.integrations.requests_client import OAuthError
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError

# The provider's answers are waited for so long, each.
TIMEOUT_SECONDS = 5
# Signatures by the private key of a pair only: never "none", and none by the client's secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCK_LEEWAY_SECONDS = 60

Claims = Mapping[str, Any]


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as a provider does. The message is for the log."""


class LoginRejected(Exception):
    """The provider refused the login, or its answer cannot be believed. The message is for the log."""


def redirect_to_provider(request: HttpRequest, callback_url: str) -> HttpResponse:
    """Return the redirect on which a login begins; state, nonce and PKCE's secret are kept in the session.

    Raises ProviderUnavailable.
    """
    try:
        return _client().authorize_redirect(request, callback_url)
    except (requests.RequestException, RuntimeError, ValueError) as error:
        raise ProviderUnavailable(str(error)) from error


def fetch_claims(request: HttpRequest) -> Claims:
    """Return what the provider says of the user whom it has sent back.

    Raises LoginRejected or ProviderUnavailable.
    """
    client = _client()
    try:
        client.load_server_metadata()
        options = {
            "iss": {"essential": True, "values": [settings.OIDC_ISSUER]},
            "aud": {"essential": True, "values": [settings.OIDC_CLIENT_ID]},
            "nonce": {"essential": True},
        }
        token = client.authorize_access_token(request, claims_options=options, leeway=CLOCK_LEEWAY_SECONDS)
        claims = token.get("userinfo")
        if not claims:
            raise LoginRejected("the provider sent no ID token")
        if settings.OIDC_GROUPS_CLAIM not in claims and "userinfo_endpoint" in client.server_metadata:
            claims = _add_user_info(claims, client.userinfo(token=token))
    except requests.RequestException as error:
        raise ProviderUnavailable(str(error)) from error
    except (OAuthError, JoseError, ValueError, KeyError, RuntimeError) as error:
        raise LoginRejected(f"{type(error).__name__}: {error}") from error
    return claims


def find_logout_url(return_url: str) -> str:
    """Return the address at which the user ends his session at the provider; empty if it has none."""
    try:
        return _client().create_logout_url(return_url, client_id=settings.OIDC_CLIENT_ID)["url"]
    except (requests.RequestException, RuntimeError, ValueError):
        return ""


def _add_user_info(claims: Claims, user_info: Claims) -> Claims:
    """Complete the claims of the ID token by those of the provider's address for them, of the same user."""
    if user_info.get("sub") != claims["sub"]:
        raise LoginRejected("the provider's user info is of another user")
    return {**user_info, **claims}


def _client() -> Any:
    return _make_client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


class ProviderClient(OAuth.oauth2_client_cls):
    """The library's client, which checks the provider's description when it has read it."""

    def load_server_metadata(self) -> dict[str, Any]:
        metadata = super().load_server_metadata()
        if metadata.get("issuer") != settings.OIDC_ISSUER:
            found = metadata.get("issuer")
            self.server_metadata.clear()
            raise ValueError(f"OIDC_ISSUER is {settings.OIDC_ISSUER}, and the provider calls itself {found}")
        metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
        return metadata


@lru_cache(maxsize=4)
def _make_client(issuer: str, client_id: str, client_secret: str) -> Any:
    """Make the client. It keeps the provider's description, and its keys until a token names a new one."""
    registry = OAuth()
    return registry.register(
        "oidc",
        client_cls=ProviderClient,
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.OIDC_SCOPES,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )

"""A web server that was started with other ENCRYPTION_KEYS than its database's: what it refuses and says."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from events import signatures
from events.models import Event, Source
from tests.support.paths import PROJECT
from tests.support.running_mirror import wait_until
from tests.support.staff_client import log_in_staff, page_url
from tests.support.vendor_requests import BODY, delivery_path, new_source
from tests.support.web_server import WebServer, database_url, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

OTHER_SCHEMES = ("hmac-sha256", "hmac-sha256-timestamped", "token")


@contextmanager
def run_with_keys(directory: Path, *keys: str) -> Iterator[WebServer]:
    with run_web_server(directory, {"ENCRYPTION_KEYS": ",".join(keys)}) as server:
        yield server


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Message, str]:
    """Return the status, the headers and the text of the answer."""
    request = urllib.request.Request(
        url, body, {name.replace("_", "-"): text for name, text in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def deliver(server: WebServer, source: Source, secret: str, body: bytes) -> tuple[int, str | None]:
    """Sign a body and post it; return the status and Retry-After of the answer."""
    headers = {"content-type": "application/json", **signatures.sign(source, secret, body)}
    status, answered, _ = ask(server.url + delivery_path(source), body, **headers)
    return status, answered["Retry-After"]


def readyz(server: WebServer) -> tuple[int, dict[str, str]]:
    """Return the status of /readyz, and its check of the secrets."""
    status, _, text = ask(f"{server.url}/readyz")
    return status, json.loads(text)["checks"]["secrets"]


def rotate(source: Source, key: str, *options: str) -> str:
    """Rotate the source's secret in another process, which has this key; return the new secret."""
    rotation = subprocess.run(
        [sys.executable, "manage.py", "rotate_secret", source.slug, "--json", *options],
        env={**os.environ, "DATABASE_URL": database_url(), "ENCRYPTION_KEYS": key},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(rotation.stdout)["secret"]


@pytest.mark.parametrize(
    "scheme",
    ["standard-webhooks", *(pytest.param(scheme, marks=pytest.mark.prove) for scheme in OTHER_SCHEMES)],
)
def test_a_web_server_without_the_keys_of_its_database_says_so_and_accepts_what_a_new_secret_signs(
    scheme: str, tmp_path: Path
) -> None:
    source, old = new_source(scheme)
    old_id = source.secrets.get().pk
    key = Fernet.generate_key().decode()
    with run_with_keys(tmp_path, key) as server:
        status, retry_after = deliver(server, source, old, BODY)
        assert (status, bool(retry_after)) == (503, True)
        assert deliver(server, source, "whsec_Zm9yZ2Vk", BODY)[0] == 503
        assert not Event.objects.exists()
        status, secrets = readyz(server)
        assert (status, secrets["state"]) == (503, "failed")
        assert f"acme (secret {old_id})" in secrets["detail"]
        assert "ENCRYPTION_KEYS" in secrets["do"]
        session = log_in_staff().cookies[settings.SESSION_COOKIE_NAME].value
        _, _, page = ask(server.url + page_url(source), Cookie=f"{settings.SESSION_COOKIE_NAME}={session}")
        assert page.count("cannot be decrypted</span>") == 1
        assert "rotate each secret" in page

        new = rotate(source, key)
        assert deliver(server, source, new, BODY)[0] == 202
        assert deliver(server, source, old, BODY + b" ")[0] == 503
        assert readyz(server)[0] == 503
        newest = rotate(source, key, "--overlap", "0")
        assert deliver(server, source, newest, BODY + b"  ")[0] == 202
        assert deliver(server, source, old, BODY + b"   ")[0] == 401
        wait_until(lambda: readyz(server)[0] == 200, 10)
    with run_with_keys(tmp_path, key, *settings.ENCRYPTION_KEYS) as server:
        assert readyz(server)[0] == 200
    assert Event.objects.count() == 2

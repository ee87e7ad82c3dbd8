"""The mirror accepts what a vendor's own library signs, and that library what the mirror signs."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from events.signatures.errors import NotAuthentic
from events.signatures.signed_request import SignedRequest
from events.signatures.signer import sign_request
from events.signatures.verifier import verify_any
from tests.support.signing_vendor import BODY, HUBSPOT
from tests.support.tool_environments import HUBSPOT_CLIENT, make_environment, run

pytestmark = [pytest.mark.prove, pytest.mark.unit]

URL = "https://mirror.example/webhooks/7b1c/?next=/x"
SECRET = "an app's client secret"
PROGRAM = """
import json, sys
from hubspot.utils.signature import Signature
function, arguments = json.loads(sys.argv[1])
print(json.dumps(getattr(Signature, function)(signature_version="v3", http_method="POST", **arguments)))
"""
Library = Callable[..., Any]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    programs: Path = make_environment(tmp_path_factory.mktemp("hubspot"), *HUBSPOT_CLIENT)

    def call(function: str, **arguments: str) -> Any:
        return json.loads(run(programs / "python", "-c", PROGRAM, json.dumps([function, arguments])))

    return call


def accepts(signature: str, timestamp: str, body: bytes = BODY, url: str = URL, secret: str = SECRET) -> bool:
    headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": timestamp}
    try:
        verify_any([HUBSPOT], SignedRequest(body, headers, url), [secret], [])
    except NotAuthentic:
        return False
    return True


def test_what_the_library_signs_is_accepted_and_nothing_else(library: Library) -> None:
    def sign(timestamp: str) -> str:
        text = BODY.decode()
        return library(
            "get_signature", client_secret=SECRET, request_body=text, http_uri=URL, timestamp=timestamp
        )

    now = int(time.time() * 1000)
    right = sign(str(now))
    assert accepts(right, str(now))
    assert not accepts(right, str(now + 1))
    assert not accepts(right, str(now), body=BODY + b" ")
    assert not accepts(right, str(now), url=URL + "y")
    assert not accepts(right, str(now), secret="another")
    old = str(now - 301_000)
    assert not accepts(sign(old), old)


def test_the_library_accepts_what_the_mirror_signs(library: Library) -> None:
    headers = sign_request(HUBSPOT, SECRET, BODY, int(time.time()), URL).headers
    arguments = {
        "signature": headers["X-HubSpot-Signature-v3"],
        "timestamp": headers["X-HubSpot-Request-Timestamp"],
        "http_uri": URL,
        "request_body": BODY.decode(),
    }
    assert library("is_valid", client_secret=SECRET, **arguments) is True
    assert library("is_valid", client_secret="another", **arguments) is False

"""The verifier accepts what the signer signs, whatever the body, and no other body, address or time."""

import base64
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from entities.signature_language import SCHEMES, Signature
from events.signatures.errors import NotAuthentic
from events.signatures.key_pairs import make_trial_key, read_trial_public_key
from events.signatures.secret_keys import check_secret, make_secret
from events.signatures.signed_request import SignedRequest
from events.signatures.signer import SignedDelivery, sign_request
from events.signatures.verifier import verify_any
from tests.support.signing_vendor import CLOSE, GOHIGHLEVEL, HUBSPOT, PIPEDRIVE

pytestmark = pytest.mark.unit
NOW = 1_760_000_000
URL = "https://mirror.example/webhooks/1/?a=%2Fb"
TRIAL_KEY = make_trial_key("ed25519")
SIGNATURES: Mapping[str, Signature] = {
    **{name: row for name, row in SCHEMES.items() if name != "none"},
    "hubspot": HUBSPOT,
    "pipedrive": PIPEDRIVE,
    "close": CLOSE,
    "gohighlevel": GOHIGHLEVEL,
    "sha256": Signature("sha256", header="X-S", signed="{secret}{method}{url}{body}"),
    "several headers": Signature(
        "hmac-sha512", header="X-S", signed="{header:X-A}/{header:X-B}/{time}/{body}", time="header:X-B"
    ),
    "time in the body": Signature("hmac-sha256", header="X-S", time="body:meta.at", time_unit="milliseconds"),
}
SIGN_BODIES = {name: row for name, row in SIGNATURES.items() if row.algorithm not in ("equal", "basic")}


def secret_for(signature: Signature) -> str:
    return TRIAL_KEY if signature.public_key else make_secret([signature])


def accepts(signature: Signature, secret: str, sent: SignedDelivery, url: str = URL) -> bool:
    try:
        verify_any([signature], SignedRequest(sent.body, sent.headers, url), [secret], [secret])
    except NotAuthentic:
        return False
    return True


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=list(SIGNATURES))
@given(body=st.binary(min_size=1), data=st.data())
def test_what_is_signed_is_accepted_and_no_other_body(
    signature: Signature, body: bytes, data: st.DataObject
) -> None:
    secret = secret_for(signature)
    if signature.time.startswith("body:") and not signature.public_key:
        body = b"{}"
    sent = sign_request(signature, secret, body, int(time.time()), URL)
    assert accepts(signature, secret, sent)
    place = data.draw(st.integers(0, len(sent.body) * 8 - 1))
    changed = bytearray(sent.body)
    changed[place // 8] ^= 1 << place % 8
    is_signed = signature in SIGN_BODIES.values()
    assert accepts(signature, secret, replace(sent, body=bytes(changed))) != is_signed


@pytest.mark.parametrize("name", ["hubspot", "sha256"])
def test_another_address_is_not_accepted(name: str) -> None:
    signature = SIGNATURES[name]
    secret = secret_for(signature)
    sent = sign_request(signature, secret, b"{}", int(time.time()), URL)
    assert accepts(signature, secret, sent)
    assert not accepts(signature, secret, sent, URL + "c")


def test_a_time_is_written_into_the_body_and_the_rest_of_it_stays() -> None:
    signature = SIGNATURES["time in the body"]
    with time_machine.travel(NOW, tick=False):
        sent = sign_request(signature, "key", b'{"a": 1.5, "meta": {"b": "\xc3\xa9"}}', NOW, URL)
        assert sent.body == '{"a": 1.5, "meta": {"b": "é", "at": 1760000000000}}'.encode()
        assert accepts(signature, "key", sent)
        assert sign_request(signature, "key", sent.body, NOW, URL).body is sent.body


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=list(SIGNATURES))
def test_a_secret_that_is_made_fits(signature: Signature) -> None:
    if not signature.public_key:
        check_secret([signature], make_secret([signature]))


def test_a_trial_key_proves_nothing_where_its_algorithm_is_not_the_vendors() -> None:
    key = read_trial_public_key(TRIAL_KEY)
    assert key
    text = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    rsa = Signature("rsa-sha256", header="X-GHL-Signature", encoding="base64", public_key=text)
    sent = sign_request(GOHIGHLEVEL, TRIAL_KEY, b"{}", int(time.time()), URL)
    assert not accepts(rsa, TRIAL_KEY, sent)

"""Deliveries as CRMs sign them, through the URL. Each signature is made here by hand, not by our signer."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from entities.signature_language import STANDARD_WEBHOOKS, Signature
from events.models import Source
from events.signatures.errors import NotAuthentic
from events.signatures.signed_request import SignedRequest
from events.signatures.verifier import verify_any
from tests.support.hostile_headers import MALFORMATIONS
from tests.support.signing_vendor import (
    BODY,
    CLOSE,
    GOHIGHLEVEL,
    HUBSPOT,
    PIPEDRIVE,
    create_signing_source,
    signing_vendor,
)
from tests.support.vendor_requests import assert_refused, client, delivery_path

NOW = 1_760_000_000
PUBLIC_URL = "https://mirror.example/hooks"
ED25519 = Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_text(key: Any) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def public_pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Sent:
    """A vendor's request: headers, and the body, which may hold the proof or the time."""

    headers: dict[str, str]
    body: bytes = BODY
    query: str = ""


# How the vendor signs: (secret, body, url, unix seconds) -> what it sends.
Signer = Callable[[str, bytes, str, int], Sent]


def b64_hmac(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def sign_hubspot(secret: str, body: bytes, url: str, at: int) -> Sent:
    milliseconds = str(at * 1000)
    signature = b64_hmac(secret.encode(), b"POST" + url.encode() + body + milliseconds.encode())
    return Sent({"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": milliseconds}, body)


def sign_hubspot_v1(secret: str, body: bytes, url: str, at: int) -> Sent:
    return Sent({"X-HubSpot-Signature": hashlib.sha256(secret.encode() + body).hexdigest()}, body)


def sign_pipedrive(secret: str, body: bytes, url: str, at: int) -> Sent:
    return Sent({"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}, body)


def sign_close(secret: str, body: bytes, url: str, at: int) -> Sent:
    digest = hmac.new(bytes.fromhex(secret), f"{at}".encode() + body, hashlib.sha256).hexdigest()
    return Sent({"close-sig-hash": digest, "close-sig-timestamp": str(at)}, body)


def with_time(body: bytes, at: int) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body
    return json.dumps(content | {"timestamp": datetime.fromtimestamp(at, UTC).isoformat()}).encode()


def sign_gohighlevel(secret: str, body: bytes, url: str, at: int) -> Sent:
    body = with_time(body, at)
    return Sent({"X-GHL-Signature": base64.b64encode(ED25519.sign(body)).decode()}, body)


def sign_rsa(secret: str, body: bytes, url: str, at: int) -> Sent:
    return Sent({"X-WH-Signature": base64.b64encode(RSA.sign(body, PKCS1v15(), SHA256())).decode()}, body)


def sign_in_body(secret: str, body: bytes, url: str, at: int) -> Sent:
    """Sign the time and a token, all of which stand in the body, as some mailers do."""
    digest = hmac.new(secret.encode(), f"{at}tok".encode(), hashlib.sha256).hexdigest()
    proof = {"timestamp": at, "token": "tok", "signature": digest}
    return Sent({}, json.dumps(json.loads(body) | {"signature": proof}).encode())


def sign_token_in_body(secret: str, body: bytes, url: str, at: int) -> Sent:
    return Sent({}, json.dumps(json.loads(body) | {"auth": [{"token": secret}]}).encode())


def sign_sha1(secret: str, body: bytes, url: str, at: int) -> Sent:
    return Sent({"X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, "sha1").hexdigest()}, body)


@dataclass(frozen=True)
class Case:
    """A way to sign. covers: what the signature proves beside that the secret is known."""

    signature: Signature
    sign: Signer
    covers: frozenset[str] = field(default=frozenset({"body", "time", "secret"}))


OTHER_ED25519 = replace(GOHIGHLEVEL, public_key=public_text(ED25519))
BODY_ONLY = frozenset({"body", "secret"})
CASES = {
    "hubspot": Case(HUBSPOT, sign_hubspot),
    "hubspot v1": Case(
        Signature("sha256", header="X-HubSpot-Signature", signed="{secret}{body}"), sign_hubspot_v1, BODY_ONLY
    ),
    "pipedrive": Case(PIPEDRIVE, sign_pipedrive, frozenset({"secret"})),
    "close": Case(CLOSE, sign_close),
    "gohighlevel": Case(OTHER_ED25519, sign_gohighlevel, frozenset({"body", "time"})),
    "rsa, PEM": Case(
        Signature("rsa-sha256", header="X-WH-Signature", encoding="base64", public_key=public_pem(RSA)),
        sign_rsa,
        frozenset({"body"}),
    ),
    "in the body": Case(
        Signature(
            "hmac-sha256",
            body_path="signature.signature",
            signed="{time}{body:signature.token}",
            time="body:signature.timestamp",
        ),
        sign_in_body,
        frozenset({"time", "secret"}),
    ),
    "a token in the body": Case(
        Signature("equal", body_path="auth.0.token", encoding="text"),
        sign_token_in_body,
        frozenset({"secret"}),
    ),
    "sha1": Case(Signature("hmac-sha1", header="X-Hub-Signature", prefix="sha1="), sign_sha1, BODY_ONLY),
}
for_each_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


@pytest.fixture(autouse=True)
def public_address() -> Iterator[None]:
    with override_settings(WEB_URL=PUBLIC_URL, DELIVERY_URL=""), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def create(stack: ExitStack, *signatures: Signature) -> tuple[Source, str]:
    stack.enter_context(signing_vendor(*signatures))
    return create_signing_source()


def post(source: Source, sent: Sent) -> Any:
    address = delivery_path(source) + (f"?{sent.query}" if sent.query else "")
    return client.post(address, sent.body, content_type="application/json", headers=sent.headers)


def url_of(source: Source) -> str:
    return PUBLIC_URL + delivery_path(source)


@pytest.mark.django_db
@for_each_case
def test_a_delivery_that_the_vendor_signed_is_stored(case: Case, stack: ExitStack) -> None:
    source, secret = create(stack, case.signature)
    answer = post(source, case.sign(secret, BODY, url_of(source), NOW))
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in CASES.values() if "body" in case.covers])
def test_a_changed_body_is_refused(case: Case, stack: ExitStack) -> None:
    source, secret = create(stack, case.signature)
    sent = case.sign(secret, BODY, url_of(source), NOW)
    assert_refused(post(source, replace(sent, body=sent.body.replace(b"p1", b"p2"))), 401, "signature")


@pytest.mark.django_db
@for_each_case
def test_an_unsigned_delivery_is_refused(case: Case, stack: ExitStack) -> None:
    source, secret = create(stack, case.signature)
    sent = case.sign(secret, BODY, url_of(source), NOW)
    assert_refused(post(source, Sent({})), 401, "signature")
    for name in sent.headers:
        assert_refused(post(source, replace(sent, headers=sent.headers | {name: ""})), 401, "signature")


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in CASES.values() if "time" in case.covers])
@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_time_outside_the_window_is_refused(case: Case, seconds: int, stack: ExitStack) -> None:
    source, secret = create(stack, case.signature)
    sent = case.sign(secret, BODY, url_of(source), NOW + seconds)
    assert_refused(post(source, sent), 401, "timestamp")
    recent = case.sign(secret, BODY, url_of(source), NOW + seconds * 299 // 301)
    assert post(source, recent).status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in CASES.values() if "secret" in case.covers])
def test_another_secret_is_refused(case: Case, stack: ExitStack) -> None:
    source, secret = create(stack, case.signature)
    _, other = create_signing_source(slug="other")
    assert other != secret
    assert_refused(post(source, case.sign(other, BODY, url_of(source), NOW)), 401, "signature")


@pytest.mark.django_db
def test_another_private_key_is_refused(stack: ExitStack) -> None:
    source, secret = create(stack, GOHIGHLEVEL)
    assert secret == ""
    assert_refused(post(source, sign_gohighlevel("", BODY, "", NOW)), 401, "signature")


@pytest.mark.django_db
def test_a_body_without_the_optional_time_is_taken_but_one_with_a_wrong_time_is_not(stack: ExitStack) -> None:
    source, _ = create(stack, OTHER_ED25519)
    for time, status in (("", 202), (', "timestamp": "yesterday"', 401), (', "timestamp": {}', 202)):
        body = BODY[:-1] + time.encode() + b"}"
        headers = {"X-GHL-Signature": base64.b64encode(ED25519.sign(body)).decode()}
        assert post(source, Sent(headers, body)).status_code == status


@pytest.mark.django_db
def test_any_of_several_signatures_is_enough(stack: ExitStack) -> None:
    older = CASES["rsa, PEM"]
    source, secret = create(stack, OTHER_ED25519, older.signature)
    assert post(source, older.sign(secret, BODY, "", NOW)).status_code == 202
    assert post(source, sign_gohighlevel(secret, BODY, "", NOW)).status_code == 202
    wrong = post(source, Sent({"X-WH-Signature": "AAAA"}))
    assert (wrong.status_code, wrong.json()["detail"]) == (401, "The signature is wrong.")


@pytest.mark.django_db
def test_the_public_key_of_an_account_is_the_secret_of_its_source(stack: ExitStack) -> None:
    stack.enter_context(signing_vendor(replace(CASES["rsa, PEM"].signature, public_key="")))
    source, _ = create_signing_source(secret=public_text(RSA))
    assert post(source, sign_rsa("", BODY, "", NOW)).status_code == 202
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    source, _ = create_signing_source(secret=public_text(other), slug="other")
    assert post(source, sign_rsa("", BODY, "", NOW)).status_code == 401


@pytest.mark.django_db
def test_the_signed_url_is_the_public_one_with_the_query_whatever_the_host_says(stack: ExitStack) -> None:
    source, secret = create(stack, HUBSPOT)
    query = "tenant=a%20b&next=/x"
    sent = replace(sign_hubspot(secret, BODY, f"{url_of(source)}?{query}", NOW), query=query)
    address = f"{delivery_path(source)}?{query}"
    answer = client.post(
        address, BODY, content_type="application/json", headers=sent.headers | {"Host": "10.0.0.7:8000"}
    )
    assert answer.status_code == 202
    elsewhere = post(source, replace(sent, query="tenant=b"))
    assert elsewhere.status_code == 401


@pytest.mark.django_db
def test_percent_encoded_characters_that_the_vendor_signs_as_they_are_are_decoded(stack: ExitStack) -> None:
    """The vendor's documentation lists twelve of them; others, such as the space, stay encoded."""
    source, secret = create(stack, HUBSPOT)
    called = "q=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26"
    signed = "q=:/?@!$'()*,;%20%26"
    sent = replace(sign_hubspot(secret, BODY, f"{url_of(source)}?{signed}", NOW), query=called)
    assert post(source, sent).status_code == 202


@pytest.mark.django_db
def test_the_name_of_basic_authentication_may_be_written_in_any_case(stack: ExitStack) -> None:
    source, secret = create(stack, PIPEDRIVE)
    proof = base64.b64encode(secret.encode()).decode()
    assert post(source, Sent({"Authorization": f"basic {proof}"})).status_code == 202
    assert post(source, Sent({"Authorization": f"Bearer {proof}"})).status_code == 401


def verifies(signature: Signature, headers: dict[str, str], body: bytes = BODY) -> bool:
    secrets = ["whsec_a2V5", "6b6579", "name:password"]
    try:
        verify_any([signature], SignedRequest(body, headers, PUBLIC_URL), secrets, ["not a key", ""])
    except NotAuthentic:
        return False
    return True


ALL_SIGNATURES = [*(case.signature for case in CASES.values()), STANDARD_WEBHOOKS, GOHIGHLEVEL]
HEADERS = sorted(
    {row.header for row in ALL_SIGNATURES if row.header}
    | {"X-HubSpot-Request-Timestamp", "close-sig-timestamp", "webhook-id", "webhook-timestamp"}
)
odd_values = (
    st.binary(max_size=200).map(lambda value: value.decode("latin-1"))
    | st.sampled_from([malform(str(NOW)) for malform in MALFORMATIONS.values()])
    | st.sampled_from(
        ["Basic ", "Basic ====", "Basic \xff", "sha1=", "AAAA", "A" * 88, str(NOW), str(NOW * 1000)]
    )
)
odd_bodies = st.binary(max_size=200) | st.sampled_from(
    [
        b"[" * 100_000,
        b'{"signature": []}',
        b'{"signature": {"signature": 1e999}}',
        b'{"auth": [{}]}',
        b"\xff{",
    ]
)


@pytest.mark.unit
@pytest.mark.parametrize("signature", ALL_SIGNATURES, ids=lambda row: row.header or row.body_path)
@given(headers=st.dictionaries(st.sampled_from(HEADERS), odd_values), body=odd_bodies)
def test_any_bytes_are_answered_by_no_and_never_by_an_error(
    signature: Signature, headers: dict[str, str], body: bytes
) -> None:
    assert not verifies(signature, headers, body)

"""The signature schemes: one suite for all of them, then what is each one's own."""

import base64
import dataclasses
import hashlib
import hmac
from collections.abc import Callable

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from events import signatures
from events.models import Encoding, Scheme
from events.signatures import (
    SCHEMES,
    NotAuthentic,
    SignatureSettings,
    TimestampOutsideWindow,
    UnfitSecret,
    WrongSignature,
)
from events.signatures.scheme import WINDOW_SECONDS

pytestmark = pytest.mark.unit
NOW = 1_760_000_000
BODY = '{"event": "lead.created", "payload": {"name": "Zoë"}}'.encode()


@dataclasses.dataclass(frozen=True)
class Signing:
    scheme: str
    header: str = ""
    prefix: str = ""
    encoding: str = Encoding.HEX


SOURCES = [
    Signing(Scheme.STANDARD_WEBHOOKS),
    Signing(Scheme.HMAC_SHA256),
    Signing(Scheme.HMAC_SHA256, header="X-Hub-Signature-256", prefix="sha256="),
    Signing(Scheme.HMAC_SHA256, encoding=Encoding.BASE64),
    Signing(Scheme.HMAC_SHA256_TIMESTAMPED),
    Signing(Scheme.HMAC_SHA256_TIMESTAMPED, header="Seedly-Signature", encoding=Encoding.BASE64),
    Signing(Scheme.TOKEN),
    Signing(Scheme.TOKEN, header="Authorization", prefix="Bearer "),
]
OF_THE_BODY = [source for source in SOURCES if source.scheme != Scheme.TOKEN]
TIMESTAMPED = [
    source
    for source in SOURCES
    if source.scheme in (Scheme.STANDARD_WEBHOOKS, Scheme.HMAC_SHA256_TIMESTAMPED)
]


def each(sources: list[Signing]) -> pytest.MarkDecorator:
    names = [" ".join(filter(None, dataclasses.astuple(source))) for source in sources]
    return pytest.mark.parametrize("source", sources, ids=names)


def secret_for(source: SignatureSettings) -> str:
    new_secret = SCHEMES[source.scheme].new_secret
    assert new_secret is not None
    return new_secret()


def test_every_scheme_of_the_model_has_its_rules() -> None:
    assert set(SCHEMES) == set(Scheme.values)


def test_every_scheme_with_a_secret_is_in_the_suite() -> None:
    assert {source.scheme for source in SOURCES} == set(Scheme.values) - {Scheme.NONE}


@each(SOURCES)
def test_what_a_source_signs_is_proven(source: Signing) -> None:
    secret = secret_for(source)
    signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY))


@each(SOURCES)
def test_another_secret_proves_nothing(source: Signing) -> None:
    headers = signatures.sign(source, secret_for(source), BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret_for(source)], BODY, headers)


@each(SOURCES)
def test_any_active_secret_serves(source: Signing) -> None:
    active = [secret_for(source) for _ in range(3)]
    for secret in active:
        signatures.verify(source, active, BODY, signatures.sign(source, secret, BODY))


@each(SOURCES)
def test_a_source_without_an_active_secret_takes_nothing(source: Signing) -> None:
    headers = signatures.sign(source, secret_for(source), BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [], BODY, headers)


@each(SOURCES)
def test_a_missing_header_proves_nothing(source: Signing) -> None:
    secret = secret_for(source)
    headers = signatures.sign(source, secret, BODY)
    for name in headers:
        with pytest.raises(WrongSignature):
            signatures.verify(source, [secret], BODY, {**headers, name: ""})


@each([source for source in SOURCES if source.prefix])
def test_a_signature_without_the_prefix_of_the_source_proves_nothing(source: Signing) -> None:
    secret = secret_for(source)
    bare = signatures.sign(dataclasses.replace(source, prefix=""), secret, BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret], BODY, bare)


@each(OF_THE_BODY)
def test_a_body_that_is_not_utf_8_is_proven_all_the_same(source: Signing) -> None:
    secret, body = secret_for(source), "Zoë".encode("latin-1")
    headers = signatures.sign(source, secret, body)
    signatures.verify(source, [secret], body, headers)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret_for(source)], body, headers)


@each(TIMESTAMPED)
@pytest.mark.parametrize("drift", [-WINDOW_SECONDS, 0, WINDOW_SECONDS])
def test_a_timestamp_within_the_window_is_taken(source: Signing, drift: int) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False):
        signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY, NOW + drift))


@each(TIMESTAMPED)
@pytest.mark.parametrize("drift", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, -NOW])
def test_a_timestamp_outside_the_window_is_not(source: Signing, drift: int) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False), pytest.raises(TimestampOutsideWindow):
        signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY, NOW + drift))


@each(TIMESTAMPED)
def test_a_timestamp_is_signed(source: Signing) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False):
        headers = signatures.sign(source, secret, BODY, NOW)
        later = {name: value.replace(str(NOW), str(NOW + 1)) for name, value in headers.items()}
        assert later != headers
        with pytest.raises(WrongSignature):
            signatures.verify(source, [secret], BODY, later)


@each(OF_THE_BODY)
@given(body=st.binary(min_size=1), data=st.data())
def test_a_flipped_bit_of_the_body_proves_nothing(source: Signing, body: bytes, data: st.DataObject) -> None:
    secret = secret_for(source)
    headers = signatures.sign(source, secret, body)
    signatures.verify(source, [secret], body, headers)
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret], bytes(flipped), headers)


@each(SOURCES)
@given(data=st.data())
def test_a_changed_signature_proves_nothing(source: Signing, data: st.DataObject) -> None:
    """The last character of base64 stands for few bits and is left alone; so is a letter's case in hex."""
    secret = secret_for(source)
    headers = signatures.sign(source, secret, BODY)
    name = max(headers, key=lambda name: len(headers[name]))
    value = headers[name].rstrip("=")
    place = data.draw(st.integers(0, len(value) - 2))
    instead = data.draw(st.characters().filter(lambda c: c.lower() != value[place].lower()))
    changed = value[:place] + instead + value[place + 1 :] + headers[name][len(value) :]
    with pytest.raises(NotAuthentic):
        signatures.verify(source, [secret], BODY, {**headers, name: changed})


odd_text = st.text(st.characters(exclude_categories=()))
odd_values = odd_text | st.from_regex(r"(t=[0-9]*,?|v1[,=][A-Za-z0-9+/=]* ?|[0-9]{10}|,|=| |-1|1e9|nan){0,6}")


@each(SOURCES)
@given(body=st.binary(), values=st.lists(odd_values, min_size=3, max_size=3), fresh=st.booleans())
def test_nothing_odd_raises_anything_but_unproven(
    source: Signing, body: bytes, values: list[str], fresh: bool
) -> None:
    secret = secret_for(source)
    genuine = signatures.sign(source, secret, body)
    odd = dict(zip(genuine, values, strict=False))
    if fresh and "webhook-timestamp" in odd:
        odd["webhook-timestamp"] = genuine["webhook-timestamp"]
    with pytest.raises(NotAuthentic):
        signatures.verify(source, [secret], body, odd)


@each(SOURCES)
def test_a_secret_of_its_own_making_fits_a_scheme(source: Signing) -> None:
    rules = SCHEMES[source.scheme]
    rules.check_secret(secret_for(source))
    assert secret_for(source) != secret_for(source)


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [
        (Scheme.STANDARD_WEBHOOKS, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (Scheme.STANDARD_WEBHOOKS, "whsec_"),
        (Scheme.STANDARD_WEBHOOKS, "whsec_not base64"),
        (Scheme.STANDARD_WEBHOOKS, "whsec_é"),
        (Scheme.STANDARD_WEBHOOKS, "whsec_a"),
        (Scheme.HMAC_SHA256, " "),
        (Scheme.HMAC_SHA256, "a\nb"),
        (Scheme.HMAC_SHA256_TIMESTAMPED, "\x00"),
        (Scheme.TOKEN, "é"),
        (Scheme.TOKEN, " a"),
        (Scheme.TOKEN, "a\r\nX-Other: b"),
        (Scheme.NONE, "any"),
    ],
)
def test_an_unfit_secret_is_told_from_a_fit_one_and_not_repeated(scheme: str, secret: str) -> None:
    with pytest.raises(UnfitSecret) as raised:
        SCHEMES[scheme].check_secret(secret)
    assert len(secret) < 7 or secret not in str(raised.value)


def test_the_public_vector_of_standard_webhooks_is_proven() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    source = Signing(Scheme.STANDARD_WEBHOOKS)
    with time_machine.travel(1614265330, tick=False):
        signatures.verify(
            source, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], b'{"test": 2432232314}', headers
        )


def test_the_library_takes_what_a_standard_webhooks_source_signs() -> None:
    source = Signing(Scheme.STANDARD_WEBHOOKS)
    secret = secret_for(source)
    Webhook(secret).verify(BODY, signatures.sign(source, secret, BODY))


def test_one_right_signature_of_several_is_enough_for_standard_webhooks() -> None:
    source = Signing(Scheme.STANDARD_WEBHOOKS)
    old, new = secret_for(source), secret_for(source)
    headers = signatures.sign(source, old, BODY)
    other = signatures.sign(source, new, BODY)["webhook-signature"]
    headers["webhook-signature"] = f"v1a,abc {other} {headers['webhook-signature']}"
    signatures.verify(source, [old], BODY, headers)


def test_one_right_v1_of_several_is_enough_for_a_timestamped_hmac() -> None:
    source = Signing(Scheme.HMAC_SHA256_TIMESTAMPED)
    with time_machine.travel(NOW, tick=False):
        right = signatures.sign(source, "s", BODY)["X-Signature"].partition("v1=")[2]
        headers = {"X-Signature": f"t={NOW}, v0=old, v1={'0' * 64}, v1={right}"}
        signatures.verify(source, ["s"], BODY, headers)


def test_an_hmac_is_that_of_the_body() -> None:
    digest = hmac.new(b"key", BODY, hashlib.sha256)
    source = Signing(Scheme.HMAC_SHA256, header="X-H", prefix="sha256=")
    assert signatures.sign(source, "key", BODY) == {"X-H": "sha256=" + digest.hexdigest()}
    source = dataclasses.replace(source, encoding=Encoding.BASE64, prefix="")
    assert signatures.sign(source, "key", BODY) == {"X-H": base64.b64encode(digest.digest()).decode()}


def test_a_timestamped_hmac_is_that_of_the_timestamp_a_dot_and_the_body() -> None:
    digest = hmac.new(b"key", b"1760000000." + BODY, hashlib.sha256)
    signed = signatures.sign(Signing(Scheme.HMAC_SHA256_TIMESTAMPED), "key", BODY, NOW)
    assert signed == {"X-Signature": f"t=1760000000,v1={digest.hexdigest()}"}


def test_hexadecimal_may_be_in_capitals() -> None:
    source = Signing(Scheme.HMAC_SHA256)
    signed = signatures.sign(source, "key", BODY)
    signatures.verify(source, ["key"], BODY, {"X-Signature": signed["X-Signature"].upper()})


def test_the_scheme_none_asks_for_nothing() -> None:
    source = Signing(Scheme.NONE)
    assert signatures.sign(source, "", BODY) == {}
    signatures.verify(source, [], BODY, {})


@each([Signing(Scheme.TOKEN), Signing(Scheme.HMAC_SHA256), Signing(Scheme.HMAC_SHA256_TIMESTAMPED)])
def test_secrets_are_compared_in_constant_time(source: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    genuine: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def spy(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return genuine(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    headers = signatures.sign(source, "key", BODY)
    signatures.verify(source, ["key"], BODY, headers)
    assert compared

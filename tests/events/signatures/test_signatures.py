"""The signature schemes: one suite for all schemes, then the tests of single ones."""

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

from entities.signature_language import SCHEMES, WINDOW_SECONDS
from events import signatures
from events.models import Encoding, Scheme
from events.signatures import (
    NotAuthentic,
    SignatureSettings,
    TimestampOutsideWindow,
    UnfitSecret,
    WrongSignature,
)
from events.signatures.secret_keys import check_secret, make_secret
from events.signatures.signature_rows import get_signatures

pytestmark = pytest.mark.unit
NOW = 1_760_000_000
BODY = '{"event": "lead.created", "payload": {"name": "Zoë"}}'.encode()


@dataclasses.dataclass(frozen=True)
class Settings:
    """The signature settings of a source."""

    scheme: str
    header: str = ""
    prefix: str = ""
    encoding: str = Encoding.HEX
    vendor: str = ""


SOURCES = [
    Settings(Scheme.STANDARD_WEBHOOKS),
    Settings(Scheme.HMAC_SHA256),
    Settings(Scheme.HMAC_SHA256, header="X-Hub-Signature-256", prefix="sha256="),
    Settings(Scheme.HMAC_SHA256, encoding=Encoding.BASE64),
    Settings(Scheme.HMAC_SHA256_TIMESTAMPED),
    Settings(Scheme.HMAC_SHA256_TIMESTAMPED, header="Seedly-Signature", encoding=Encoding.BASE64),
    Settings(Scheme.TOKEN),
    Settings(Scheme.TOKEN, header="Authorization", prefix="Bearer "),
    Settings(Scheme.BASIC),
]
BODY_SIGNING = [source for source in SOURCES if source.scheme not in (Scheme.TOKEN, Scheme.BASIC)]
TIMESTAMPED = [
    source
    for source in SOURCES
    if source.scheme in (Scheme.STANDARD_WEBHOOKS, Scheme.HMAC_SHA256_TIMESTAMPED)
]


def for_each(sources: list[Settings]) -> pytest.MarkDecorator:
    names = [" ".join(filter(None, dataclasses.astuple(source))) for source in sources]
    return pytest.mark.parametrize("source", sources, ids=names)


def secret_for(source: SignatureSettings) -> str:
    secret = make_secret(get_signatures(source))
    assert secret
    return secret


def test_every_scheme_of_the_model_has_its_rules() -> None:
    assert {*SCHEMES, Scheme.VENDOR} == set(Scheme.values)


def test_every_scheme_with_a_secret_is_in_the_suite() -> None:
    assert {source.scheme for source in SOURCES} == set(Scheme.values) - {Scheme.NONE, Scheme.VENDOR}


@for_each(SOURCES)
def test_a_signed_delivery_is_authentic(source: Settings) -> None:
    secret = secret_for(source)
    signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY))


@for_each(SOURCES)
def test_a_signature_by_another_secret_is_wrong(source: Settings) -> None:
    headers = signatures.sign(source, secret_for(source), BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret_for(source)], BODY, headers)


@for_each(SOURCES)
def test_a_signature_by_any_active_secret_is_right(source: Settings) -> None:
    active = [secret_for(source) for _ in range(3)]
    for secret in active:
        signatures.verify(source, active, BODY, signatures.sign(source, secret, BODY))


@for_each(SOURCES)
def test_a_source_without_an_active_secret_accepts_nothing(source: Settings) -> None:
    headers = signatures.sign(source, secret_for(source), BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [], BODY, headers)


@for_each(SOURCES)
def test_a_delivery_without_one_of_the_headers_is_not_authentic(source: Settings) -> None:
    secret = secret_for(source)
    headers = signatures.sign(source, secret, BODY)
    for name in headers:
        with pytest.raises(WrongSignature):
            signatures.verify(source, [secret], BODY, {**headers, name: ""})


@for_each([source for source in SOURCES if source.prefix])
def test_a_signature_without_the_prefix_of_the_source_is_wrong(source: Settings) -> None:
    secret = secret_for(source)
    bare = signatures.sign(dataclasses.replace(source, prefix=""), secret, BODY)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret], BODY, bare)


@for_each(BODY_SIGNING)
def test_a_body_that_is_not_utf_8_can_be_authentic(source: Settings) -> None:
    secret, body = secret_for(source), "Zoë".encode("latin-1")
    headers = signatures.sign(source, secret, body)
    signatures.verify(source, [secret], body, headers)
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret_for(source)], body, headers)


@for_each(TIMESTAMPED)
@pytest.mark.parametrize("drift", [-WINDOW_SECONDS, 0, WINDOW_SECONDS])
def test_a_timestamp_within_the_window_is_accepted(source: Settings, drift: int) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False):
        signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY, NOW + drift))


@for_each(TIMESTAMPED)
@pytest.mark.parametrize("drift", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1, -NOW])
def test_a_timestamp_outside_the_window_is_refused(source: Settings, drift: int) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False), pytest.raises(TimestampOutsideWindow):
        signatures.verify(source, [secret], BODY, signatures.sign(source, secret, BODY, NOW + drift))


@for_each(TIMESTAMPED)
def test_a_changed_timestamp_makes_the_signature_wrong(source: Settings) -> None:
    secret = secret_for(source)
    with time_machine.travel(NOW, tick=False):
        headers = signatures.sign(source, secret, BODY, NOW)
        later = {name: value.replace(str(NOW), str(NOW + 1)) for name, value in headers.items()}
        assert later != headers
        with pytest.raises(WrongSignature):
            signatures.verify(source, [secret], BODY, later)


@for_each(BODY_SIGNING)
@given(body=st.binary(min_size=1), data=st.data())
def test_a_flipped_bit_of_the_body_makes_the_signature_wrong(
    source: Settings, body: bytes, data: st.DataObject
) -> None:
    secret = secret_for(source)
    headers = signatures.sign(source, secret, body)
    signatures.verify(source, [secret], body, headers)
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WrongSignature):
        signatures.verify(source, [secret], bytes(flipped), headers)


@for_each(SOURCES)
@given(data=st.data())
def test_a_changed_signature_is_not_authentic(source: Settings, data: st.DataObject) -> None:
    """The last character of base64, which carries few bits, and the case of hexadecimal are not changed."""
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


@for_each(SOURCES)
@given(body=st.binary(), values=st.lists(odd_values, min_size=3, max_size=3), fresh=st.booleans())
def test_odd_input_raises_nothing_but_not_authentic(
    source: Settings, body: bytes, values: list[str], fresh: bool
) -> None:
    secret = secret_for(source)
    genuine = signatures.sign(source, secret, body)
    odd = dict(zip(genuine, values, strict=False))
    if fresh and "webhook-timestamp" in odd:
        odd["webhook-timestamp"] = genuine["webhook-timestamp"]
    with pytest.raises(NotAuthentic):
        signatures.verify(source, [secret], body, odd)


@for_each(SOURCES)
def test_a_scheme_can_use_the_secrets_that_it_makes(source: Settings) -> None:
    check_secret(get_signatures(source), secret_for(source))
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
        (Scheme.BASIC, "no-colon"),
        (Scheme.BASIC, "name:"),
        (Scheme.NONE, "any"),
    ],
)
def test_an_unfit_secret_is_refused_and_not_in_the_message(scheme: str, secret: str) -> None:
    with pytest.raises(UnfitSecret) as raised:
        check_secret([SCHEMES[scheme]], secret)
    assert len(secret) < 7 or secret not in str(raised.value)


def test_the_public_test_vector_of_standard_webhooks_is_authentic() -> None:
    """The vector is in the specification.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    source = Settings(Scheme.STANDARD_WEBHOOKS)
    with time_machine.travel(1614265330, tick=False):
        signatures.verify(
            source, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], b'{"test": 2432232314}', headers
        )


def test_the_library_accepts_what_a_standard_webhooks_source_signs() -> None:
    source = Settings(Scheme.STANDARD_WEBHOOKS)
    secret = secret_for(source)
    Webhook(secret).verify(BODY, signatures.sign(source, secret, BODY))


def test_one_right_signature_of_several_is_enough_for_standard_webhooks() -> None:
    source = Settings(Scheme.STANDARD_WEBHOOKS)
    old, new = secret_for(source), secret_for(source)
    headers = signatures.sign(source, old, BODY)
    other = signatures.sign(source, new, BODY)["webhook-signature"]
    headers["webhook-signature"] = f"v1a,abc {other} {headers['webhook-signature']}"
    signatures.verify(source, [old], BODY, headers)


def test_one_right_v1_of_several_is_enough_for_a_timestamped_hmac() -> None:
    source = Settings(Scheme.HMAC_SHA256_TIMESTAMPED)
    with time_machine.travel(NOW, tick=False):
        right = signatures.sign(source, "s", BODY)["X-Signature"].partition("v1=")[2]
        headers = {"X-Signature": f"t={NOW}, v0=old, v1={'0' * 64}, v1={right}"}
        signatures.verify(source, ["s"], BODY, headers)


def test_an_hmac_is_computed_from_the_body() -> None:
    digest = hmac.new(b"key", BODY, hashlib.sha256)
    source = Settings(Scheme.HMAC_SHA256, header="X-H", prefix="sha256=")
    assert signatures.sign(source, "key", BODY) == {"X-H": "sha256=" + digest.hexdigest()}
    source = dataclasses.replace(source, encoding=Encoding.BASE64, prefix="")
    assert signatures.sign(source, "key", BODY) == {"X-H": base64.b64encode(digest.digest()).decode()}


def test_a_timestamped_hmac_is_computed_from_the_timestamp_a_dot_and_the_body() -> None:
    digest = hmac.new(b"key", b"1760000000." + BODY, hashlib.sha256)
    signed = signatures.sign(Settings(Scheme.HMAC_SHA256_TIMESTAMPED), "key", BODY, NOW)
    assert signed == {"X-Signature": f"t=1760000000,v1={digest.hexdigest()}"}


def test_a_hexadecimal_signature_may_be_in_capitals() -> None:
    source = Settings(Scheme.HMAC_SHA256)
    signed = signatures.sign(source, "key", BODY)
    signatures.verify(source, ["key"], BODY, {"X-Signature": signed["X-Signature"].upper()})


def test_the_scheme_none_accepts_everything() -> None:
    source = Settings(Scheme.NONE)
    assert signatures.sign(source, "", BODY) == {}
    signatures.verify(source, [], BODY, {})


@for_each(SOURCES)
def test_secrets_are_compared_in_constant_time(source: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    genuine: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def spy(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return genuine(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    secret = secret_for(source)
    headers = signatures.sign(source, secret, BODY)
    signatures.verify(source, [secret], BODY, headers)
    assert compared

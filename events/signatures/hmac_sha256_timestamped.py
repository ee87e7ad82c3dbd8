"""hmac-sha256-timestamped: `t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">`, within a window.

There may be several `v1`, as while a vendor rotates its secret. Other fields are ignored.
"""

from collections.abc import Mapping, Sequence

from events.signatures.hmac_sha256 import check_secret, check_signatures, make_hmac, new_secret
from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    WrongSignature,
    check_window,
    read_signature_header,
)

DEFAULT_HEADER = "X-Signature"


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    timestamp, received = _parse(read_signature_header(source, headers, DEFAULT_HEADER))
    check_window(timestamp)
    text = _text_to_sign(timestamp, body)
    expected = [make_hmac(secret, text, source.encoding) for secret in active_secrets]
    check_signatures(received, expected, source.encoding)


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    signature = make_hmac(secret, _text_to_sign(str(at), body), source.encoding)
    return {source.header or DEFAULT_HEADER: f"{source.prefix}t={at},v1={signature}"}


def _parse(value: str) -> tuple[str, list[str]]:
    """Return the timestamp and all v1 signatures. Raises WrongSignature."""
    fields = [field.strip().partition("=") for field in value.split(",")]
    timestamps = [content for name, _, content in fields if name == "t"]
    if len(timestamps) != 1:
        raise WrongSignature("The signature does not have the form t=<unix seconds>,v1=<signature>.")
    return timestamps[0], [content for name, _, content in fields if name == "v1"]


def _text_to_sign(timestamp: str, body: bytes) -> bytes:
    return timestamp.encode() + b"." + body


SCHEME = SignatureScheme(
    verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix", "encoding"})
)

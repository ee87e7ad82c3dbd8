"""hmac-sha256-timestamped: `t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">`, within a window.

Several `v1` may stand side by side, as they do while a vendor changes its secret; other fields
are passed over.
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


def verify(source: SignatureSettings, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    timestamp, given = _parse(read_signature_header(source, headers, DEFAULT_HEADER))
    check_window(timestamp)
    text = _signed_text(timestamp, body)
    check_signatures(given, (make_hmac(secret, text, source.encoding) for secret in active), source.encoding)


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    signature = make_hmac(secret, _signed_text(str(at), body), source.encoding)
    return {source.header or DEFAULT_HEADER: f"{source.prefix}t={at},v1={signature}"}


def _parse(value: str) -> tuple[str, list[str]]:
    """The timestamp and every v1 signature. Raises WrongSignature."""
    fields = [field.strip().partition("=") for field in value.split(",")]
    timestamps = [content for name, _, content in fields if name == "t"]
    if len(timestamps) != 1:
        raise WrongSignature("The signature does not read t=<unix seconds>,v1=<signature>.")
    return timestamps[0], [content for name, _, content in fields if name == "v1"]


def _signed_text(timestamp: str, body: bytes) -> bytes:
    return timestamp.encode() + b"." + body


SCHEME = SignatureScheme(
    verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix", "encoding"})
)

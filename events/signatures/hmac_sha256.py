"""hmac-sha256: a header holds the HMAC-SHA256 of the body, in hexadecimal or base64."""

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence

from events.models import Encoding
from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    UnfitSecret,
    WrongSignature,
    are_equal,
    read_signature_header,
)

DEFAULT_HEADER = "X-Signature"
KEY_BYTES = 32
ENCODE: dict[str, Callable[[bytes], str]] = {
    Encoding.HEX: bytes.hex,
    Encoding.BASE64: lambda digest: base64.b64encode(digest).decode(),
}


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    received = read_signature_header(source, headers, DEFAULT_HEADER)
    expected = [make_hmac(secret, body, source.encoding) for secret in active_secrets]
    check_signatures([received], expected, source.encoding)


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {source.header or DEFAULT_HEADER: source.prefix + make_hmac(secret, body, source.encoding)}


def new_secret() -> str:
    return secrets.token_hex(KEY_BYTES)


def check_secret(secret: str) -> None:
    if not secret.strip():
        raise UnfitSecret("the secret is empty")
    if not secret.isprintable():
        raise UnfitSecret("the secret has characters that cannot be printed")


def make_hmac(secret: str, text: bytes, encoding: str) -> str:
    """Return the HMAC-SHA256 of the text. encoding: a value of `events.models.Encoding`."""
    return ENCODE[encoding](hmac.digest(secret.encode(), text, "sha256"))


def check_signatures(received: Sequence[str], expected: Sequence[str], encoding: str) -> None:
    """Raise WrongSignature unless a received signature is an expected one. Hexadecimal may be in capitals."""
    if encoding == Encoding.HEX:
        received = [signature.lower() for signature in received]
    if not any(are_equal(signature, right) for signature in received for right in expected):
        raise WrongSignature("The signature is wrong.")


SCHEME = SignatureScheme(
    verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix", "encoding"})
)

"""hmac-sha256: a header holds the HMAC-SHA256 of the body, in hexadecimal or base64."""

import base64
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

from events.models import Encoding
from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    UnfitSecret,
    WrongSignature,
    read_signature_header,
    to_comparable_bytes,
)

DEFAULT_HEADER = "X-Signature"
KEY_BYTES = 32
ENCODE: dict[str, Callable[[bytes], str]] = {
    Encoding.HEX: bytes.hex,
    Encoding.BASE64: lambda digest: base64.b64encode(digest).decode(),
}


def verify(source: SignatureSettings, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    given = read_signature_header(source, headers, DEFAULT_HEADER)
    check_signatures(
        [given], (make_hmac(secret, body, source.encoding) for secret in active), source.encoding
    )


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
    return ENCODE[encoding](hmac.digest(secret.encode(), text, "sha256"))


def check_signatures(given: Iterable[str], expected: Iterable[str], encoding: str) -> None:
    """Raises WrongSignature unless one of the given is one of the expected; hex in either case."""
    rights = [to_comparable_bytes(right) for right in expected]
    texts = [text.lower() if encoding == Encoding.HEX else text for text in given]
    if not any(hmac.compare_digest(to_comparable_bytes(text), right) for text in texts for right in rights):
        raise WrongSignature("The signature is not right.")


SCHEME = SignatureScheme(
    verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix", "encoding"})
)

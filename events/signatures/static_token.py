"""token: a header holds the secret itself."""

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence

from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    UnfitSecret,
    WrongSignature,
    read_signature_header,
    to_comparable_bytes,
)

DEFAULT_HEADER = "X-Webhook-Token"
TOKEN_BYTES = 32
# What a header's value can carry whole: printable ASCII without a space at either end.
SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


def verify(source: SignatureSettings, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    given = to_comparable_bytes(read_signature_header(source, headers, DEFAULT_HEADER))
    if not any(hmac.compare_digest(given, to_comparable_bytes(secret)) for secret in active):
        raise WrongSignature("The token is not right.")


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {source.header or DEFAULT_HEADER: source.prefix + secret}


def new_secret() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def check_secret(secret: str) -> None:
    if not SENDABLE.fullmatch(secret):
        raise UnfitSecret("a token is printable ASCII without a space at either end")


SCHEME = SignatureScheme(
    verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix"})
)

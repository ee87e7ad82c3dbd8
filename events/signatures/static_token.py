"""token: a header holds the secret itself."""

import re
import secrets
from collections.abc import Mapping, Sequence

from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    UnfitSecret,
    WrongSignature,
    are_equal,
    read_signature_header,
)

DEFAULT_HEADER = "X-Webhook-Token"
TOKEN_BYTES = 32
# What arrives unchanged in a header's value: printable ASCII without a space at either end.
SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    token = read_signature_header(source, headers, DEFAULT_HEADER)
    if not any(are_equal(token, secret) for secret in active_secrets):
        raise WrongSignature("The token is wrong.")


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

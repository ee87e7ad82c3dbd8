"""token: a header holds the secret itself."""

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence

from events.signatures.scheme import SchemeRules, Signs, UnfitSecret, WrongSignature, carried, comparable

DEFAULT_HEADER = "X-Webhook-Token"
TOKEN_BYTES = 32
# What a header's value can carry whole: printable ASCII without a space at either end.
SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


def verify(source: Signs, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    given = comparable(carried(source, headers, DEFAULT_HEADER))
    if not any(hmac.compare_digest(given, comparable(secret)) for secret in active):
        raise WrongSignature("The token is not right.")


def sign(source: Signs, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {source.header or DEFAULT_HEADER: source.prefix + secret}


def new_secret() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def check_secret(secret: str) -> None:
    if not SENDABLE.fullmatch(secret):
        raise UnfitSecret("a token is printable ASCII without a space at either end")


RULES = SchemeRules(verify, sign, new_secret, check_secret, DEFAULT_HEADER, frozenset({"header", "prefix"}))

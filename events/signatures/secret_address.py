"""none: the uuid in the source's address is the secret, and nothing else is asked for."""

from collections.abc import Mapping, Sequence

from events.signatures.scheme import SchemeRules, Signs, UnfitSecret


def verify(source: Signs, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    return


def sign(source: Signs, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {}


def check_secret(secret: str) -> None:
    raise UnfitSecret("the scheme none takes no secret: its address is the secret")


RULES = SchemeRules(verify, sign, None, check_secret)

"""none: the uuid in the source's address is the secret, and nothing else is asked for."""

from collections.abc import Mapping, Sequence

from events.signatures.scheme import SignatureScheme, SignatureSettings, UnfitSecret


def verify(source: SignatureSettings, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    return


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {}


def check_secret(secret: str) -> None:
    raise UnfitSecret("the scheme none takes no secret: its address is the secret")


SCHEME = SignatureScheme(verify, sign, None, check_secret)

"""none: the uuid in the source's address is the only secret; deliveries carry no signature."""

from collections.abc import Mapping, Sequence

from events.signatures.scheme import SignatureScheme, SignatureSettings, UnfitSecret


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    """Accept every delivery: whoever knows the address knows the secret."""


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    return {}


def check_secret(secret: str) -> None:
    raise UnfitSecret("the scheme none takes no secret: the address of the source is its secret")


SCHEME = SignatureScheme(verify, sign, None, check_secret)

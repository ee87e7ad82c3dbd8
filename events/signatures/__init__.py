"""Verification and signing of deliveries by the tables of `entities.signature_language`; contains no vendor's
name and no query.

Which signatures count for a source is in `signature_rows`. Only `verify`, `sign` and `sign_delivery` know a
source; everything below them knows a signature, a request and secrets. May import the rooms below it in the
contract `events-rooms`, `entities` and `crmmirror.lib`.
"""

import time
from collections.abc import Mapping, Sequence

from events.signatures.errors import NotAuthentic, TimestampOutsideWindow, UnfitSecret, WrongSignature
from events.signatures.signature_rows import SignatureSettings, get_signatures
from events.signatures.signed_request import SignedRequest
from events.signatures.signer import SignedDelivery, sign_request
from events.signatures.verifier import verify_any

__all__ = [
    "NotAuthentic",
    "SignatureSettings",
    "SignedDelivery",
    "TimestampOutsideWindow",
    "UnfitSecret",
    "WrongSignature",
    "sign",
    "sign_delivery",
    "verify",
]


def verify(
    source: SignatureSettings,
    active_secrets: Sequence[str],
    body: bytes,
    headers: Mapping[str, str],
    url: str = "",
    trial_keys: Sequence[str] = (),
) -> None:
    """Raise NotAuthentic unless the source's vendor signed the request.

    headers: case-insensitive. url: the public address as the vendor calls it, with the query. trial_keys:
    those of the source, beside the vendor's own. Raises entities.vendors.UnusableVendor.
    """
    verify_any(get_signatures(source), SignedRequest(body, headers, url), active_secrets, trial_keys)


def sign_delivery(
    source: SignatureSettings, secret: str, body: bytes, at: int | None = None, url: str = ""
) -> SignedDelivery:
    """Return what the vendor would send, by the first of its signatures.

    secret: of a vendor that signs with a private key of its own, a trial key. at: unix seconds; now if None.
    Raises entities.vendors.UnusableVendor and UnfitSecret.
    """
    moment = int(time.time()) if at is None else at
    return sign_request(get_signatures(source)[0], secret, body, moment, url)


def sign(
    source: SignatureSettings, secret: str, body: bytes, at: int | None = None, url: str = ""
) -> dict[str, str]:
    """Return the headers of `sign_delivery`."""
    return sign_delivery(source, secret, body, at, url).headers

"""The signature schemes, one module each: verify and sign deliveries; contain no vendor's name and no query;
may import `models`.

| scheme | default header | value |
| --- | --- | --- |
| standard-webhooks | webhook-id, webhook-timestamp, webhook-signature | one or more `v1,<base64>` |
| hmac-sha256 | X-Signature | prefix, then the HMAC of the body |
| hmac-sha256-timestamped | X-Signature | prefix, then `t=<unix seconds>,v1=<HMAC of t.body>` |
| token | X-Webhook-Token | prefix, then the secret |
| none | none | |
"""

import time
from collections.abc import Mapping, Sequence

from events.models import Scheme
from events.signatures import (
    hmac_sha256,
    hmac_sha256_timestamped,
    secret_address,
    standard_webhooks,
    static_token,
)
from events.signatures.scheme import (
    NotAuthentic,
    SignatureScheme,
    SignatureSettings,
    TimestampOutsideWindow,
    UnfitSecret,
    WrongSignature,
)

__all__ = [
    "SCHEMES",
    "NotAuthentic",
    "SignatureScheme",
    "SignatureSettings",
    "TimestampOutsideWindow",
    "UnfitSecret",
    "WrongSignature",
    "sign",
    "verify",
]

SCHEMES: dict[str, SignatureScheme] = {
    Scheme.STANDARD_WEBHOOKS: standard_webhooks.SCHEME,
    Scheme.HMAC_SHA256: hmac_sha256.SCHEME,
    Scheme.HMAC_SHA256_TIMESTAMPED: hmac_sha256_timestamped.SCHEME,
    Scheme.TOKEN: static_token.SCHEME,
    Scheme.NONE: secret_address.SCHEME,
}


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    """Raise NotAuthentic unless one of the source's active secrets signed the body.

    headers: case-insensitive.
    """
    SCHEMES[source.scheme].verify(source, active_secrets, body, headers)


def sign(source: SignatureSettings, secret: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """Return the headers with which the vendor would send the body. at: unix seconds; now if None."""
    return SCHEMES[source.scheme].sign(source, secret, body, int(time.time()) if at is None else at)

"""How a delivery proves where it comes from: a scheme a module, each both verifying and signing.

| scheme | header where the source names none | holds |
| --- | --- | --- |
| standard-webhooks | webhook-id, webhook-timestamp, webhook-signature | `v1,<base64>`, several by spaces |
| hmac-sha256 | X-Signature | prefix, then the HMAC of the body |
| hmac-sha256-timestamped | X-Signature | prefix, then `t=<unix seconds>,v1=<HMAC of t.body>` |
| token | X-Webhook-Token | prefix, then the secret |
| none | | |
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


def verify(source: SignatureSettings, active: Sequence[str], body: bytes, headers: Mapping[str, str]) -> None:
    """Returns if one of the source's active secrets signed the body. Raises Unproven."""
    SCHEMES[source.scheme].verify(source, active, body, headers)


def sign(source: SignatureSettings, secret: str, body: bytes, at: int | None = None) -> dict[str, str]:
    """The headers with which the source's vendor would send the body; `at` is unix seconds."""
    return SCHEMES[source.scheme].sign(source, secret, body, int(time.time()) if at is None else at)

"""standard-webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.

Specification: https://github.com/standard-webhooks/standard-webhooks
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook

from events.signatures.scheme import (
    SignatureScheme,
    SignatureSettings,
    UnfitSecret,
    WrongSignature,
    are_equal,
    check_window,
    to_bytes,
)

ID, TIMESTAMP, SIGNATURE = HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SECRET_PREFIX = "whsec_"  # noqa: S105
KEY_BYTES = 32


def verify(
    source: SignatureSettings, active_secrets: Sequence[str], body: bytes, headers: Mapping[str, str]
) -> None:
    signed = {name: headers.get(name, "") for name in HEADERS}
    if missing := [name for name in HEADERS if not signed[name]]:
        raise WrongSignature(f"Missing or empty: {', '.join(missing)}.")
    check_window(signed[TIMESTAMP])
    if not any(_matches(secret, body, signed) for secret in active_secrets):
        raise WrongSignature("All signatures in webhook-signature are wrong.")


def sign(source: SignatureSettings, secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers. The id is derived from the body, so that a retry of a message has the same id."""
    message_id = "msg_" + base64.b32encode(hashlib.sha256(body).digest()[:15]).decode()
    signature = _make_signature(secret, message_id, str(at), body)
    return {ID: message_id, TIMESTAMP: str(at), SIGNATURE: signature}


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def check_secret(secret: str) -> None:
    if not secret.startswith(SECRET_PREFIX):
        raise UnfitSecret(f"a standard-webhooks secret begins with {SECRET_PREFIX}")
    try:
        key = _key(secret)
    except (binascii.Error, ValueError):
        raise UnfitSecret(f"what follows {SECRET_PREFIX} is not base64") from None
    if not key:
        raise UnfitSecret(f"nothing follows {SECRET_PREFIX}")


def _matches(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    """Return True if the library accepts the signature; it raises ValueError and others on odd input."""
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except UnicodeDecodeError:
        return _matches_bytes(secret, body, signed)
    except Exception:
        return False
    return True


def _matches_bytes(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    """Verify a body that is not UTF-8, which the library cannot do, although it may be authentic."""
    expected = _make_signature(secret, signed[ID], signed[TIMESTAMP], body)
    return any(are_equal(signature, expected) for signature in signed[SIGNATURE].split(" "))


def _make_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    text = to_bytes(f"{message_id}.{timestamp}.") + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), text, "sha256")).decode()


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(SECRET_PREFIX)
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)


SCHEME = SignatureScheme(verify, sign, new_secret, check_secret)

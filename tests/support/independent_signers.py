"""The vendors' signatures, written out from their documents, without the mirror's signer or its tables."""

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from standardwebhooks.webhooks import Webhook

Headers = dict[str, str]
Signer = Callable[[str, bytes, str], Headers]
"""(secret, body, URL) -> the headers of the delivery."""


def _sign_hubspot(secret: str, body: bytes, url: str) -> Headers:
    now = str(int(time.time() * 1000))
    signed = b"POST" + url.encode() + body + now.encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": now,
    }


def _sign_pipedrive(secret: str, body: bytes, url: str) -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def _sign_close(secret: str, body: bytes, url: str) -> Headers:
    now = str(int(time.time()))
    digest = hmac.new(bytes.fromhex(secret), now.encode() + body, hashlib.sha256).hexdigest()
    return {"close-sig-hash": digest, "close-sig-timestamp": now}


def _sign_gohighlevel(secret: str, body: bytes, url: str) -> Headers:
    """Sign by a trial key: the private key of the vendor is nobody's but its own."""
    key = load_der_private_key(base64.b64decode(secret), None)
    assert isinstance(key, Ed25519PrivateKey)
    return {"X-GHL-Signature": base64.b64encode(key.sign(body)).decode()}


def _sign_standard_webhooks(secret: str, body: bytes, url: str) -> Headers:
    now, message = datetime.now(UTC), f"msg_{uuid.uuid4()}"
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body.decode()),
    }


SIGNERS: dict[str, Signer] = {
    "hubspot": _sign_hubspot,
    "pipedrive": _sign_pipedrive,
    "close": _sign_close,
    "gohighlevel": _sign_gohighlevel,
    "heffl": _sign_standard_webhooks,
    "seedly": _sign_standard_webhooks,
}
"""Vendor -> how it signs."""

"""A test event: signed and posted to a source's own address as a vendor would, over the network.

The whole way is tried, with whatever stands in front of the mirror. The event is of a type that no
vendor has, so that it is stored and shown, and becomes no record.
"""

import json
import uuid
from datetime import UTC, datetime

from django.urls import reverse

from entities.vendors import get_vendor
from events.models import Source
from events.sender.webhook_client import DeliveryAnswer, WebhookClient
from events.signatures import SCHEMES
from events.sources import encryption
from events.sources.rotation import active_secrets

EVENT_TYPE = "mirror.test"
TIMEOUT_SECONDS = 10.0


class NoActiveSecret(Exception):
    """The source has no secret that serves; the message says so."""


def send_test_event(source: Source, base_url: str) -> DeliveryAnswer:
    """base_url: where the mirror is served, as the vendor knows it: https://mirror.example.

    Raises NothingToSignWith, events.sender.webhook_client.EndpointUnreachable and events.sources.encryption.NoEncryptionKey.
    """
    path = reverse("webhooks:receive", args=[source.uuid])
    deliverer = WebhookClient(base_url, path, source, _secret(source), TIMEOUT_SECONDS)
    try:
        return deliverer.deliver(_body(source.vendor))
    finally:
        deliverer.close()


def _secret(source: Source) -> str:
    if SCHEMES[source.scheme].new_secret is None:
        return ""
    newest = active_secrets(source).first()
    if newest is None:
        raise NoActiveSecret("The source has no active secret: rotate it first.")
    return encryption.decrypt(bytes(newest.ciphertext))


def _body(vendor_name: str) -> bytes:
    """Another one each time, so that none is a duplicate."""
    vendor = get_vendor(vendor_name)
    content = {
        vendor.type_key: EVENT_TYPE,
        vendor.time_key: datetime.now(UTC).isoformat(),
        vendor.payload_keys[0]: {"id": str(uuid.uuid4()), "message": "A test event, sent from the admin."},
    }
    return json.dumps(content).encode()

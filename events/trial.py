"""A test event: signed and posted to a source's own address as a vendor would, over the network.

The whole way is tried, with whatever stands in front of the mirror. The event is of a type that no
vendor has, so that it is stored and shown, and becomes no record.
"""

import json
import uuid
from datetime import UTC, datetime

from django.urls import reverse

from entities import vendors
from events import rotation, secrets
from events.delivery import Answer, Deliverer
from events.models import Source
from events.signatures import SCHEMES

EVENT_TYPE = "mirror.test"
TIMEOUT_SECONDS = 10.0


class NothingToSignWith(Exception):
    """The source has no secret that serves; the message says so."""


def deliver(source: Source, base_url: str) -> Answer:
    """base_url: where the mirror is served, as the vendor knows it: https://mirror.example.

    Raises NothingToSignWith, events.delivery.Unreachable and events.secrets.NoEncryptionKey.
    """
    path = reverse("webhooks:receive", args=[source.uuid])
    deliverer = Deliverer(base_url, path, source, _secret(source), TIMEOUT_SECONDS)
    try:
        return deliverer.deliver(_body(source.vendor))
    finally:
        deliverer.close()


def _secret(source: Source) -> str:
    if SCHEMES[source.scheme].new_secret is None:
        return ""
    newest = rotation.active(source).first()
    if newest is None:
        raise NothingToSignWith("The source has no active secret: rotate it first.")
    return secrets.decrypt(bytes(newest.ciphertext))


def _body(vendor_name: str) -> bytes:
    """Another one each time, so that none is a duplicate."""
    vendor = vendors.get(vendor_name)
    content = {
        vendor.type_key: EVENT_TYPE,
        vendor.time_key: datetime.now(UTC).isoformat(),
        vendor.payload_keys[0]: {"id": str(uuid.uuid4()), "message": "A test event, sent from the admin."},
    }
    return json.dumps(content).encode()

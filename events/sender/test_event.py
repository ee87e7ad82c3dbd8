"""Sends a test event to a source's own address over the network, signed as its vendor would sign it.

This tests the whole way, including the proxy in front of the mirror. No vendor has the event's type, so the
event is stored, shown and ignored, and changes no record.
"""

import uuid
from datetime import UTC, datetime

from django.urls import reverse

from entities.generator.envelope_writer import wrap_payload
from entities.reading.envelopes.body_formats import write_body
from entities.vendors import get_vendor
from events.models import Source
from events.sender.webhook_client import DeliveryAnswer, WebhookClient
from events.sources.public_address import delivery_url
from events.sources.trial_keys import choose_signing_secret

EVENT_TYPE = "mirror.test"
TIMEOUT_SECONDS = 10.0


def send_test_event(source: Source) -> DeliveryAnswer:
    """Post one test event to the source's public address, and return the answer.

    Never to the Host of a request: whoever sends the request chooses it, and could so look for servers that
    only this machine reaches. Raises events.sources.trial_keys.NoSigningSecret, EndpointUnreachable,
    events.sources.encryption.NoEncryptionKey and entities.vendors.UnusableVendor.
    """
    path = reverse("webhooks:receive", args=[source.uuid])
    client = WebhookClient(delivery_url(), path, source, choose_signing_secret(source), TIMEOUT_SECONDS)
    try:
        return client.deliver(_build_body(source.vendor))
    finally:
        client.close()


def _build_body(vendor_name: str) -> bytes:
    """Return a body with an id of its own: otherwise the second test event would be a duplicate."""
    payload = {"id": str(uuid.uuid4()), "message": "A test event, sent from the admin."}
    time = datetime.now(UTC).isoformat()
    vendor = get_vendor(vendor_name)
    return write_body(wrap_payload(vendor, EVENT_TYPE, payload, time), vendor.body_format)

"""Single deliveries to a source without signatures, and the time until they are answered."""

import json
import time
from http.client import HTTPConnection


def create_unsigned_source() -> str:
    """Create a source that needs no signature; return the path of its address."""
    from django.urls import reverse

    from events.sources.registry import create_source

    source, _ = create_source("unsigned", "heffl", "none")
    return reverse("webhooks:receive", args=[source.uuid])


def deliver_lead(connection: HTTPConnection, path: str, lead: str) -> float:
    """Deliver the creation of a lead; return the seconds until the answer was there.

    lead: its id. Raises RuntimeError if the answer is not 202.
    """
    payload = {"event": "lead.created", "timestamp": "2026-01-01T00:00:00Z", "payload": {"id": lead}}
    started_at = time.monotonic()
    connection.request("POST", path, json.dumps(payload), {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = response.read()
    if response.status != 202:
        raise RuntimeError(
            f"A delivery was answered with {response.status} instead of 202: {content[:200]!r}"
        )
    return time.monotonic() - started_at

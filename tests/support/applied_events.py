"""Tells the mirror one event as its vendor words it, and looks at what the log says of it then."""

from datetime import UTC, datetime
from typing import Any

from events.ingest.store import store_event
from events.models import Event, Scheme, Source
from events.processing.drain import drain_backlog
from tests.support.envelopes import RECEIVED, TIME, body

LATER = "2025-01-15T11:00:00Z"
AT = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


def tell(vendor: str, event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    """The event, stored and settled."""
    source, _ = Source.objects.get_or_create(slug=vendor, vendor=vendor, scheme=Scheme.NONE)
    stored = store_event(source, body(vendor, event_type, payload, at), {}, RECEIVED)
    drain_backlog()
    return Event.objects.get(pk=stored.event_id)


def heffl(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return tell("heffl", event_type, payload, at)


def seedly(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return tell("seedly", event_type, {"subAccountId": "sa"} | payload, at)

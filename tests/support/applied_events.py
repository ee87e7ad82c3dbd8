"""Stores one event in its vendor's envelope and applies it."""

from datetime import UTC, datetime
from typing import Any

from events.ingest.store import store_event
from events.models import Event, Scheme, Source
from events.processing.drain import drain_backlog
from tests.support.envelopes import RECEIVED, TIME, build_body

# A time after TIME, in the vendors' words; then TIME itself as a value.
LATER_TIME = "2025-01-15T11:00:00Z"
EVENT_TIME = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


def store_and_apply(vendor: str, event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    """Store and process one event; return it as it is afterwards."""
    source, _ = Source.objects.get_or_create(slug=vendor, vendor=vendor, scheme=Scheme.NONE)
    stored = store_event(source, build_body(vendor, event_type, payload, at), {}, RECEIVED)
    drain_backlog()
    return Event.objects.get(pk=stored.event_id)


def apply_heffl_event(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return store_and_apply("heffl", event_type, payload, at)


def apply_seedly_event(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return store_and_apply("seedly", event_type, {"subAccountId": "sa"} | payload, at)

"""Records that clients of the API load and follow: of every kind, with values that programs trip over."""

from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from django.test import Client

from events.ingest.store import store_event
from events.models import Source
from events.processing.drain import drain_backlog
from tests.support.applied_events import LATER_TIME
from tests.support.envelopes import TIME, build_body
from tests.support.feed_copy import read_lists
from tests.support.staff_client import ensure_source
from tests.support.stored_company import store_company

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLUG, VENDOR = "odd", "heffl"
STATUSES = ("won", "lost", "active", None)
# One key with values of each type of JSON.
ODD_VALUES: tuple[Any, ...] = (
    10**30,
    'text, "quoted"\n',
    None,
    True,
    1.5,
    [1, [None]],
    {"a": {"b": -(10**30)}},
    "7",
)


def store_records(deals: int) -> None:
    """Store and apply events of an invented company, and so many deals with odd values, some deleted."""
    store_company(100, NOW)
    source = ensure_source(SLUG, VENDOR)
    for number, (value, status) in enumerate(zip(cycle(ODD_VALUES), cycle(STATUSES), strict=False)):
        if number == deals:
            break
        deal: dict[str, Any] = {
            "id": f"odd{number}",
            "title": f"+{number}" if number % 3 else None,
            "status": status,
        }
        deal |= {"value": number / 4, "score": value, "customFields": {"mixed": value}}
        _store(source, "deal.created", deal)
        if number % 10 == 0:
            _store(source, "deal.deleted", {"id": deal["id"]}, LATER_TIME)
    drain_backlog()


def change_records(deals: int) -> None:
    """Change so many of the deals of `store_records`; delete one, and add one with a reference."""
    source = ensure_source(SLUG, VENDOR)
    for number in range(1, deals):
        payload = {"id": f"odd{number}", "title": f"changed {number}", "score": [number, 10**30]}
        _store(source, "deal.updated", payload, LATER_TIME)
    _store(source, "deal.deleted", {"id": "odd1"}, "2025-01-16T00:00:00Z")
    _store(source, "deal.created", {"id": "new", "clientId": "unknown"}, LATER_TIME)
    drain_backlog()


def _store(source: Source, event_type: str, payload: dict[str, Any], at: str = TIME) -> None:
    store_event(source, build_body(VENDOR, event_type, payload, at), {}, NOW)


def read_shown(client: Client, entity: str, query: dict[str, Any] | None = None) -> dict[int, dict[str, Any]]:
    """Return the rows that the API lists of one kind, by their ids. query: None for deleted ones too."""
    return {key: row for (name, key), row in read_lists(client, query).items() if name == entity}

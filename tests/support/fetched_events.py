"""Builders of events that no webhook delivered, and random histories in which they meet webhooks."""

from datetime import datetime
from random import Random
from typing import Any

from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.stored_events import Origin, StoredEvent
from events.ingest.store_fetched import store_fetched
from events.models import Source
from events.processing.claim import read_events
from tests.support.event_builders import build_event, time_at
from tests.support.random_histories import RECEIVED, ensure_source

VENDOR = "heffl"
# Resource -> the ids of its rows, and what a row may say besides. The ids of one kind of record are the same
# in webhooks but for their prefix.
ROWS: dict[str, tuple[tuple[str, str], dict[str, tuple[Any, ...]]]] = {
    "leads": (("ld_1", "ld_2"), {"name": ("Ida", None), "value": (5, 7.5), "stage": ("New", "Lost")}),
    "companies": (("clt_1", "clt_2"), {"name": ("Acme", "Beta"), "email": ("a@b.example", None)}),
    "contacts": (("clt_1", "clt_3"), {"phone": ("1", None), "companyId": ("clt_1", "clt_2", None)}),
    "deals": (
        ("dl_1", "dl_2"),
        {
            "status": ("ACTIVE", "WON", "LOST", None),
            "price": (1, 2.50, "much"),
            "client": ({"id": "clt_1", "name": "Acme"}, None),
            "stage": ("New", "Late"),
            "cf_size": ("L", None),
        },
    ),
}
# Type of webhook -> the ids of its records, and what it may say.
WEBHOOKS: dict[str, tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]] = {
    "lead": (("ld_1", "ld_2"), {"name": ("Ida", "Ada"), "stage": ("New", "Won"), "stageId": (1, 2)}),
    "client": (("cl_1", "cl_2"), {"name": ("Acme", "Gamma"), "taxNumber": ("1", None)}),
    "contact": (("ct_1", "ct_3"), {"mobile": ("1", "2"), "clientId": ("cl_1", None)}),
    "deal": (("dl_1", "dl_2"), {"status": ("ACTIVE", "WON"), "price": (1, 3), "clientId": ("cl_1", "cl_2")}),
}
MINUTES = (1, 2, 3)


def fetched_event(
    resource: str,
    record: Any,
    observed_at: datetime | None = None,
    *,
    origin: Origin = Origin.API,
    received_at: datetime = RECEIVED,
    source: Source | None = None,
) -> StoredEvent:
    """Store a record that was fetched, or imported."""
    fetched = FetchedRecord(origin, resource, record, observed_at)
    return _store(source or ensure_source(VENDOR), fetched, received_at)


def gone_event(resource: str, external_id: str, observed_at: datetime) -> StoredEvent:
    """Store that a complete listing lacked a record. external_id: as webhooks write it."""
    gone = FetchedRecord(Origin.LISTING, resource, None, observed_at, gone=external_id)
    return _store(ensure_source(VENDOR), gone, RECEIVED)


def _store(source: Source, fetched: FetchedRecord, received_at: datetime) -> StoredEvent:
    (stored,) = store_fetched(source, [fetched], received_at)
    return read_events([stored.event_id])[0]


def store_mixed_history(seed: int, size: int) -> list[StoredEvent]:
    """Store webhooks, fetched and imported rows, and records that are gone, of few records and moments."""
    random = Random(seed)
    return list({event.id: event for event in (_make_event(random) for _ in range(size))}.values())


def _make_event(random: Random) -> StoredEvent:
    return random.choice((_make_webhook, _make_webhook, _make_row, _make_row, _make_import, _make_gone))(
        random
    )


def _make_webhook(random: Random) -> StoredEvent:
    entity, (ids, values) = random.choice(list(WEBHOOKS.items()))
    verb = random.choice(("created", "updated", "updated", "deleted"))
    payload = {"id": random.choice(ids)} | _choose(random, values)
    return build_event(VENDOR, f"{entity}.{verb}", random.choice(MINUTES), payload)


def _make_row(random: Random) -> StoredEvent:
    resource, (ids, values) = random.choice(list(ROWS.items()))
    moment = time_at(random.choice(MINUTES))
    row: dict[str, Any] = {"id": random.choice(ids)} | _choose(random, values)
    if resource != "leads" and random.random() < 0.7:
        return fetched_event(resource, row | {"updatedAt": moment.isoformat()})
    return fetched_event(resource, row, moment)


def _make_import(random: Random) -> StoredEvent:
    entity, (ids, values) = random.choice(list(WEBHOOKS.items()))
    row = {"id": random.choice(ids)} | _choose(random, values)
    return fetched_event(entity, row, time_at(random.choice(MINUTES)), origin=Origin.FILE)


def _make_gone(random: Random) -> StoredEvent:
    resource, entity = random.choice(
        (("leads", "lead"), ("companies", "client"), ("contacts", "contact"), ("deals", "deal"))
    )
    return gone_event(resource, random.choice(WEBHOOKS[entity][0]), time_at(random.choice(MINUTES)))


def _choose(random: Random, values: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    return {key: random.choice(choices) for key, choices in values.items() if random.random() < 0.6}

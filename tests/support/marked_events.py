"""Events of one sub-account or source in which every name, id and amount carries its marker."""

import json
import re
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from entities.reading.envelopes.envelope import read_envelopes
from entities.vendors import all_vendors
from events.ingest.store import store_event
from events.models import Refusal, RefusalCount, Source
from events.processing.drain import drain_backlog
from tests.support.paths import SAMPLES
from tests.support.samples import list_vendor_samples

MOMENT = datetime(2026, 11, 26, 12, tzinfo=UTC)
IS_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d{8,}$")
SCOPE_KEY = "subAccountId"
UNMAPPED = "sample.unheard"
# Model -> how the keys begin under which vendors refer to its records, if not with its name.
ID_KEYS = {"deal": ("deal", "opportunity"), "invoice": ("invoice", "applied")}


def store_marked_events(source: Source, marker: str, copies: int = 1) -> None:
    """Store and apply each sample of the source's vendor, as if it were of a sub-account named `marker`.

    With them come an event of an unknown type, one that cannot be read, and refused deliveries. copies: how
    many times, with other ids each time, so that the counts of two markers differ.
    """
    for number in range(copies):
        for sample in list_vendor_samples(source.vendor, SAMPLES):
            envelope = json.loads(sample.read_bytes())
            _store(source, _mark(envelope, f"{marker}{number or ''}", marker))
        _store(source, {"event": UNMAPPED, "timestamp": "2026-03-01T10:00:00Z", "data": {SCOPE_KEY: marker}})
        store_event(source, f"no JSON {marker}{number}".encode(), {"x-note": marker}, MOMENT)
    drain_backlog()


def store_samples_about(
    source: Source, marker: str, models: Container[str], unmentioned: str | None = None
) -> None:
    """Store and apply the samples of the source's vendor that are about records of these models.

    Their texts and ids are marked. models: names of models. unmentioned: a model to whose records they are
    not to refer.
    """
    vendor = all_vendors()[source.vendor]
    hidden = tuple(ID_KEYS.get(unmentioned, (unmentioned,))) if unmentioned else ()
    for sample in list_vendor_samples(source.vendor, SAMPLES):
        envelope = json.loads(sample.read_bytes())
        event_type = read_envelopes(sample.read_bytes(), vendor, MOMENT).event_type
        if vendor.events[event_type].entity.model in models:
            _store(source, _leave_out(_mark_ids(_mark(envelope, marker, marker), marker), hidden))
    drain_backlog()


def _mark_ids(value: Any, suffix: str, key: str = "") -> Any:
    """Return the payload with the suffix at the end of each id that is a number."""
    match value:
        case dict():
            return {name: _mark_ids(item, suffix, name) for name, item in value.items()}
        case list():
            return [_mark_ids(item, suffix, key) for item in value]
        case int() if key.lower().endswith("id"):
            return f"{value}-{suffix}"
    return value


def _leave_out(value: Any, prefixes: tuple[str, ...]) -> Any:
    """Return the payload without the keys that begin so."""
    match value:
        case dict():
            return {
                name: _leave_out(item, prefixes)
                for name, item in value.items()
                if not name.startswith(prefixes or "\0")
            }
        case list():
            return [_leave_out(item, prefixes) for item in value]
    return value


def store_marked_refusals(source: Source | None, marker: str, count: int) -> None:
    """Store a sample of refused deliveries, whose counts are of a source as a whole."""
    now = timezone.now()
    Refusal.objects.create(source=source, reason="size", detail=f"Too large: {marker}", refused_at=now)
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=0)
    RefusalCount.objects.create(source=source, reason="size", hour=hour, count=count)


def _store(source: Source, envelope: dict[str, Any]) -> None:
    store_event(source, json.dumps(envelope).encode(), {"x-note": "delivered"}, MOMENT)


def _mark(value: Any, suffix: str, scope: str, key: str = "") -> Any:
    """Return the payload with the suffix at the end of each text that is no time, and in each amount."""
    match value:
        case dict():
            return {
                name: item if not key and name in ("event", "type") else _mark(item, suffix, scope, name)
                for name, item in value.items()
            }
        case list():
            return [_mark(item, suffix, scope, key) for item in value]
        case str() if key == SCOPE_KEY:
            return scope
        case str() if value and not IS_TIME.match(value):
            return f"{value}-{suffix}"
    return value

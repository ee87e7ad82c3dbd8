"""Events to rebuild from, and the commands `verify_mirror` and `rebuild_mirror`."""

import io
import json
from typing import Any

from django.core.management import call_command
from django.db.models import Model

from entities.generator.event_generator import generate_stream
from entities.models import Name, SearchDocument, TimelineEntry
from entities.models.derived_tables import DERIVED_TABLES
from entities.models.introspection import record_models
from entities.vendors import all_vendors
from events.models import Event, Source
from events.processing.drain import drain_backlog
from tests.support.random_histories import RECEIVED, ensure_source, store_events


def deliver_generated_events(count: int, seed: int = 1) -> None:
    """Store and process so many generated events of each vendor."""
    for vendor in all_vendors().values():
        store_bodies(ensure_source(vendor.name), generate_stream(vendor, count, seed))
    drain_backlog()


def store_bodies(source: Source, bodies: list[bytes]) -> None:
    store_events((source, body, RECEIVED) for body in bodies)


def build_deal_body(second: int, event: str = "deal.updated", **payload: Any) -> bytes:
    """Build the body of an event of the deal d1, of that second."""
    time = f"2026-01-01T00:00:{second:02d}Z"
    return json.dumps({"event": event, "timestamp": time, "payload": {"id": "d1"} | payload}).encode()


def list_compared_models() -> tuple[type[Model], ...]:
    """Return the models of the records, what is derived from or belongs to them, the names and the log."""
    derived = (table.model for table in DERIVED_TABLES)
    return (*record_models(), *derived, TimelineEntry, SearchDocument, Name, Event)


def run_verify_mirror(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit status and what it printed."""
    output = io.StringIO()
    try:
        call_command("verify_mirror", *arguments, stdout=output, stderr=io.StringIO())
    except SystemExit as exit:
        return int(exit.code or 0), output.getvalue()
    return 0, output.getvalue()


def run_rebuild_mirror() -> str:
    """Run the command; return what it printed."""
    output = io.StringIO()
    call_command("rebuild_mirror", stdout=output, stderr=io.StringIO())
    return output.getvalue()


def read_record_keys() -> set[tuple[Any, ...]]:
    """Return each record's model, primary key and key."""
    return {
        (model, *row)
        for model in record_models()
        for row in model._base_manager.values_list("pk", "source", "scope", "external_id")
    }

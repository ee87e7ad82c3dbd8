"""What several tests of events need."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection

from entities.reading.mapped_event import MappedEvent
from entities.reading.plan import entity_plans
from entities.vendors import all_vendors, get_vendor
from entities.writing import process_batch
from events.processing import wakeups
from tests.support.web_server import WebServer, serving


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One item for each wake-up that was asked for."""
    asked: list[bool] = []
    monkeypatch.setattr(wakeups, "wake", lambda: asked.append(True))
    return asked


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a vendor's table learn a field, an event type and a key of the envelope, until the test's end."""

    def learn() -> None:
        vendor = get_vendor("heffl")
        deals = replace(vendor.events["deal.updated"].entity)
        deals = replace(deals, columns={**deals.columns, "lost_reason": "closingNote lostReason"})
        types = {
            name: replace(known, entity=deals) if known.entity.model == "deal" else known
            for name, known in vendor.events.items()
        }
        types["deal.archived"] = types["deal.updated"]
        changed = replace(vendor, events=types, payload_keys=(*vendor.payload_keys, "record"))
        monkeypatch.setitem(all_vendors(), "heffl", changed)
        entity_plans.cache_clear()

    yield learn
    monkeypatch.undo()
    entity_plans.cache_clear()


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes the database refuse every event, or none."""
    apply = process_batch.apply_mapped_events

    def refuse(mapped: Sequence[MappedEvent]) -> None:
        apply(mapped)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def switch(on: bool) -> None:
        monkeypatch.setattr(process_batch, "apply_mapped_events", refuse if on else apply)

    switch(True)
    return switch


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was sent to the database, whether Django knows of it or not."""
    sent: list[Any] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor, query: Any, *args: Any, **options: Any) -> Any:
        sent.append(query)
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return sent


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    with serving(tmp_path_factory.mktemp("web")) as server:
        yield server

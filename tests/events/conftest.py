"""Fixtures of the tests of events."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection

from entities.reading.mapped_event import MappedEvent
from entities.reading.plans.event_plans import clear_plans
from entities.vendors import all_vendors, get_vendor
from entities.writing import process_batch
from entities.writing.apply import apply_mapped_events
from events.models import Source
from events.processing import wakeups
from tests.support.loads import create_loaded_source, serve_vendor
from tests.support.vendor_api.server import VendorServer
from tests.support.web_server import WebServer, run_web_server


@pytest.fixture
def wakeup_calls(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that gets one item for each wake-up that is asked for."""
    calls: list[bool] = []
    monkeypatch.setattr(wakeups, "wake", lambda: calls.append(True))
    return calls


@pytest.fixture
def teach_vendor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that adds a field, an event type and a payload key to a vendor, for this test."""

    def teach() -> None:
        vendor = get_vendor("heffl")
        deals = replace(vendor.events["deal.updated"].entity)
        deals = replace(deals, columns={**deals.columns, "lost_reason": "closingNote lostReason"})
        types = {
            name: replace(known, entity=deals) if known.entity.model == "deal" else known
            for name, known in vendor.events.items()
        }
        types["deal.archived"] = types["deal.updated"]
        changed = replace(vendor, events=types, payload=f"{vendor.payload} record")
        monkeypatch.setitem(all_vendors(), "heffl", changed)
        clear_plans()

    yield teach
    monkeypatch.undo()
    clear_plans()


@pytest.fixture
def refuse_events(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Make the database refuse every event; return a function that switches this off and on."""
    apply = apply_mapped_events

    def refuse(mapped: Sequence[MappedEvent]) -> None:
        apply(mapped)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def switch(on: bool) -> None:
        monkeypatch.setattr(process_batch, "apply_mapped_events", refuse if on else apply)

    switch(True)
    return switch


@pytest.fixture
def sent_statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that gets every statement sent to the database, those that bypass Django too."""
    statements: list[Any] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: psycopg.Cursor, query: Any, *args: Any, **options: Any) -> Any:
        statements.append(query)
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return statements


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    """Run a vendor whose lists the mirror can load by its API."""
    with serve_vendor() as server:
        yield server


@pytest.fixture
def source() -> Source:
    """Return a source that has the API key of `vendor`."""
    return create_loaded_source()


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    """Run one web server for all tests of the module."""
    with run_web_server(tmp_path_factory.mktemp("web")) as server:
        yield server

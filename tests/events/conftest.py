"""What several tests of events need."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from django.db import connection

from entities import settle
from entities.mapping import Mapped
from events import wakeups
from tests.events.web_server import WebServer, serving


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One item for each wake-up that was asked for."""
    asked: list[bool] = []
    monkeypatch.setattr(wakeups, "wake", lambda: asked.append(True))
    return asked


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes the database refuse every event, or none."""
    apply = settle.apply

    def refuse(mapped: Sequence[Mapped]) -> None:
        apply(mapped)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def switch(on: bool) -> None:
        monkeypatch.setattr(settle, "apply", refuse if on else apply)

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

"""What several tests of events need."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from events import wakeups
from tests.events.web_server import WebServer, serving


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One item for each wake-up that was asked for."""
    asked: list[bool] = []
    monkeypatch.setattr(wakeups, "wake", lambda: asked.append(True))
    return asked


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

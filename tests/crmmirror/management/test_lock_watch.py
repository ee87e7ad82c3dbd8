"""The line that says for whom a schema change waits."""

import time

import pytest
from django.db import connection, models

from crmmirror.lib.database.cursors import fetch_value
from crmmirror.management import lock_watch
from crmmirror.management.lock_watch import LockWatch
from events.models import Event
from tests.support.open_transactions import ending_once, open_transaction

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = models.Index("event_type", name="event_by_type")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(lock_watch, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(lock_watch, "FIRST_REPORT_SECONDS", 0.2)
    return []


def build_index_beside_a_writer(lines: list[str], reports: int) -> int:
    """Build an index that waits for a transaction until so many lines say so; return its pid."""
    watch = LockWatch(fetch_value("SELECT pg_backend_pid()"), lines.append)
    with (
        open_transaction("LOCK TABLE events_event IN ROW EXCLUSIVE MODE", "batch") as writer,
        ending_once(writer, lambda: len(lines) >= reports),
    ):
        pid = writer.info.backend_pid
        with watch, connection.schema_editor(atomic=False) as editor:
            editor.execute(INDEX.create_sql(Event, editor, concurrently=True), params=None)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {INDEX.name}")
    return pid


def test_a_wait_that_lasts_is_reported(lines: list[str]) -> None:
    pid = build_index_beside_a_writer(lines, 1)
    assert lines[0].startswith(f"waits for pid {pid} (user ")
    assert "batch, idle in transaction, in a transaction for " in lines[0]


def test_a_wait_that_goes_on_is_reported_once_in_a_while(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_watch, "REPORT_SECONDS", 0.3)
    started = time.monotonic()
    build_index_beside_a_writer(lines, 3)
    assert 3 <= len(lines) <= 1 + (time.monotonic() - started) / 0.3


def test_without_a_wait_nothing_is_reported(lines: list[str]) -> None:
    with LockWatch(fetch_value("SELECT pg_backend_pid()"), lines.append) as watch:
        fetch_value("SELECT pg_sleep(0.5)")
    assert lines == []
    assert watch.describe() == "a session that has ended meanwhile"

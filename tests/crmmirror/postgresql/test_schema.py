"""Schema changes wait briefly for locks, and concurrent ones can be run again after they were cut."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, models

from crmmirror.lib.database.cursors import fetch_value
from crmmirror.lib.database.transient_errors import is_lock_conflict
from crmmirror.postgresql import schema
from events.models import Event
from tests.support.open_transactions import open_transaction

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = models.Index("event_type", name="event_by_type")
FIND_INDEX = "SELECT oid, indisvalid FROM pg_class JOIN pg_index ON oid = indexrelid WHERE relname = %s"
READ, WRITE = "SELECT count(*) FROM events_event", "LOCK TABLE events_event IN ROW EXCLUSIVE MODE"
NOTE = models.TextField(null=True)
NOTE.set_attributes_from_name("note")


@pytest.fixture(autouse=True)
def no_traces() -> Iterator[None]:
    """Drop what a test has left in the tables, which all tests share."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX.name}")
        cursor.execute("ALTER TABLE events_event DROP COLUMN IF EXISTS note")


@contextmanager
def schema_editor(**options: bool) -> Iterator[schema.SchemaEditor]:
    with connection.schema_editor(**options) as editor:
        assert isinstance(editor, schema.SchemaEditor)
        yield editor


def find_index() -> tuple[int, bool] | None:
    with connection.cursor() as cursor:
        cursor.execute(FIND_INDEX, [INDEX.name])
        row: tuple[int, bool] | None = cursor.fetchone()
        return row


def build_index() -> None:
    with schema_editor(atomic=False) as editor:
        editor.add_index(Event, INDEX, concurrently=True)


@contextmanager
def hold_transaction(seconds: float, statement: str) -> Iterator[None]:
    """Keep a transaction open that has run this statement, for so many seconds."""
    with open_transaction(statement) as transaction:
        timer = threading.Timer(seconds, transaction.rollback)
        timer.start()
        try:
            yield
        finally:
            timer.join()


def test_a_change_that_does_not_get_its_lock_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "LOCK_TIMEOUT_SECONDS", 0.2)
    with (
        open_transaction(READ),
        pytest.raises(OperationalError) as caught,
        schema_editor() as editor,
    ):
        editor.add_field(Event, NOTE)
    assert is_lock_conflict(caught.value)


@pytest.mark.parametrize("atomic", [True, False])
def test_the_lock_timeout_ends_with_the_change(atomic: bool) -> None:
    with schema_editor(atomic=atomic):
        assert fetch_value("SHOW lock_timeout") == "2s"
    assert fetch_value("SHOW lock_timeout") == "0"


@pytest.mark.parametrize("atomic", [True, False])
def test_the_lock_timeout_ends_with_a_change_that_fails(atomic: bool) -> None:
    with pytest.raises(ZeroDivisionError), schema_editor(atomic=atomic):
        raise ZeroDivisionError
    assert fetch_value("SHOW lock_timeout") == "0"


def test_an_index_that_is_built_concurrently_waits_for_older_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "LOCK_TIMEOUT_SECONDS", 0.2)
    with hold_transaction(1, WRITE):
        build_index()
    index = find_index()
    assert index
    assert index[1] is True


def test_an_index_whose_build_was_cut_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "CONCURRENT_LOCK_TIMEOUT_SECONDS", 0.2)
        with open_transaction(WRITE), pytest.raises(OperationalError):
            build_index()
    left = find_index()
    assert left
    assert left[1] is False
    build_index()
    index = find_index()
    assert index
    assert index[0] != left[0]
    assert index[1] is True


def test_a_unique_index_of_raw_sql_whose_build_was_cut_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement is that of a migration's RunSQL. IF NOT EXISTS alone would keep the invalid index."""
    statement = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {INDEX.name} ON events_event (id)"
    with monkeypatch.context() as patch:
        patch.setattr(schema, "CONCURRENT_LOCK_TIMEOUT_SECONDS", 0.2)
        with (
            open_transaction(WRITE),
            pytest.raises(OperationalError),
            schema_editor(atomic=False) as editor,
        ):
            editor.execute(statement)
    with schema_editor(atomic=False) as editor:
        editor.execute(statement)
    index = find_index()
    assert index
    assert index[1] is True


def test_an_index_that_an_earlier_attempt_has_built_stays() -> None:
    build_index()
    index = find_index()
    build_index()
    assert find_index() == index


def test_an_index_can_be_dropped_concurrently_again() -> None:
    build_index()
    for _ in range(2):
        with schema_editor(atomic=False) as editor:
            editor.remove_index(Event, INDEX, concurrently=True)
    assert find_index() is None


def test_an_index_that_is_not_built_concurrently_is_not_kept() -> None:
    """Only what cannot be rolled back is idempotent: elsewhere a name that is taken is a mistake."""
    build_index()
    with pytest.raises(Exception, match="already exists"), schema_editor() as editor:
        editor.add_index(Event, INDEX)


def test_sql_that_is_only_collected_needs_no_database() -> None:
    with schema_editor(collect_sql=True, atomic=False) as editor:
        editor.add_index(Event, INDEX, concurrently=True)
    assert [sql[:25] for sql in editor.collected_sql] == ["CREATE INDEX CONCURRENTLY"]

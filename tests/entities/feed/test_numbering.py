"""The numbers of changes: given after the commit, in an order in which nothing is missed."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, transaction

from crmmirror.lib.database.cursors import execute
from entities.feed import numbering
from entities.feed.change_notes import ChangedRecord, note_changes
from entities.feed.numbering import number_changes
from entities.models import Change, ChangeNote
from events.tasks import sweep
from tests.support.open_transactions import open_transaction
from tests.support.random_histories import ensure_source
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)

INSERT_NOTE = (
    "INSERT INTO entities_changenote (noted_at, record_types, record_ids, source_ids, scopes, external_ids)"
    " VALUES (clock_timestamp(), '{deal}', '{%s}', '{%s}', '{\"\"}', '{%s}')"
)


@pytest.fixture
def source_id() -> int:
    return ensure_source("heffl").pk


@pytest.fixture
def session() -> Iterator[psycopg.Connection]:
    """Return another session, in a transaction."""
    with psycopg.connect(database_url()) as session:
        yield session
        session.rollback()


def deal(number: int, source_id: int) -> ChangedRecord:
    return ChangedRecord("deal", number, source_id, "", f"d{number}")


def numbered_ids() -> list[int]:
    return list(Change.objects.order_by("number").values_list("record_id", flat=True))


def test_a_record_that_changes_again_moves_to_the_end(source_id: int) -> None:
    for id in (1, 2, 1):
        note_changes([deal(id, source_id)])
        number_changes()
    assert numbered_ids() == [2, 1]
    assert list(Change.objects.order_by("number").values_list("number", "first_number")) == [(2, 2), (3, 1)]


def test_several_notes_of_one_record_are_one_change_with_its_newest_id(source_id: int) -> None:
    note_changes([deal(1, source_id)])
    note_changes([ChangedRecord("deal", 7, source_id, "", "d1")])
    number_changes()
    assert numbered_ids() == [7]


def test_a_transaction_that_commits_late_gets_a_greater_number(
    source_id: int, session: psycopg.Connection
) -> None:
    session.execute(INSERT_NOTE % (1, source_id, "d1"))
    note_changes([deal(2, source_id)])
    number_changes()
    assert numbered_ids() == [2]
    session.commit()
    number_changes()
    assert numbered_ids() == [2, 1]


def test_a_transaction_that_is_open_does_not_hold_up_the_others(
    source_id: int, session: psycopg.Connection
) -> None:
    session.execute("CREATE TEMPORARY TABLE t AS SELECT pg_current_xact_id()")
    note_changes([deal(1, source_id)])
    number_changes()
    assert numbered_ids() == [1]


def test_two_sessions_note_the_same_record_without_waiting(
    source_id: int, session: psycopg.Connection
) -> None:
    session.execute(INSERT_NOTE % (1, source_id, "d1"))
    execute("SET statement_timeout = '2s'")
    try:
        note_changes([deal(1, source_id)])
    finally:
        execute("RESET statement_timeout")
    session.commit()
    number_changes()
    assert numbered_ids() == [1]


def test_whoever_finds_the_lock_taken_goes_on(source_id: int) -> None:
    note_changes([deal(1, source_id)])
    with open_transaction(f"SELECT pg_advisory_xact_lock({numbering.LOCK_KEY})"):
        number_changes()
        assert numbered_ids() == []
    number_changes()
    assert numbered_ids() == [1]


def test_the_holder_of_the_lock_finds_what_was_committed_meanwhile(
    source_id: int, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker committed after the holder had read the notes, and went away as the lock was taken."""
    note_changes([deal(1, source_id)])
    number_notes = numbering.number_notes

    def number_and_let_another_commit() -> None:
        number_notes()
        if not numbered_ids()[1:]:
            session.execute(INSERT_NOTE % (2, source_id, "d2"))
            session.commit()
        monkeypatch.setattr(numbering, "number_notes", number_notes)

    monkeypatch.setattr(numbering, "number_notes", number_and_let_another_commit)
    number_changes()
    assert numbered_ids() == [1, 2]


def test_a_sweep_numbers_what_a_killed_worker_has_left(source_id: int) -> None:
    note_changes([deal(1, source_id)])
    sweep()
    assert numbered_ids() == [1]


def test_many_notes_are_numbered_over_several_calls(source_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "MAX_NOTES", 2)
    for id in range(20):
        note_changes([deal(id, source_id)])
    number_changes()
    assert len(numbered_ids()) == 2 * numbering.MAX_ROUNDS
    number_changes()
    number_changes()
    assert numbered_ids() == list(range(20))


def test_a_database_that_is_read_only_is_left_as_it_is(source_id: int) -> None:
    note_changes([deal(1, source_id)])
    execute("SET default_transaction_read_only = on")
    try:
        number_changes()
    finally:
        execute("RESET default_transaction_read_only")
    assert ChangeNote.objects.count() == 1


def test_numbers_that_are_rolled_back_are_given_again(source_id: int) -> None:
    note_changes([deal(1, source_id)])
    with transaction.atomic():
        number_changes()
        transaction.set_rollback(True)
    assert ChangeNote.objects.count() == 1
    number_changes()
    assert list(Change.objects.values_list("number", flat=True)) == [1]
    assert connection.in_atomic_block is False

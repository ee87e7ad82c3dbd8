"""`migrate` beside sessions that hold locks: it gives way, says to whom, and goes on by itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crmmirror.lib.database.cursors import fetch_value
from crmmirror.management.commands import migrate
from tests.support.open_transactions import ending_once, open_transaction
from tests.support.unmigrated_database import ADDED_COLUMN, READ_SOURCES, UNAPPLIED

pytestmark = pytest.mark.django_db(transaction=True)

IS_APPLIED = "SELECT EXISTS (SELECT FROM django_migrations WHERE name = %s)"


def test_a_migration_behind_a_reader_gives_way_and_is_applied_once_it_has_ended(unmigrated: None) -> None:
    output = StringIO()
    with (
        open_transaction(READ_SOURCES) as reader,
        ending_once(reader, lambda: "gives way" in output.getvalue()),
    ):
        pid = reader.info.backend_pid
        call_command("migrate", stdout=output)
    assert fetch_value(IS_APPLIED, UNAPPLIED)
    lines = output.getvalue().splitlines()
    waits = [line for line in lines if "gives way" in line]
    assert waits[0].startswith(f"    events.{UNAPPLIED} gives way to pid {pid} (user ")
    assert "analyst, idle in transaction, in a transaction for " in waits[0]
    assert waits[0].endswith("tries again in 0.2 s")
    assert READ_SOURCES not in output.getvalue()
    assert lines.count("Running migrations:") == 1
    assert f"  Applying events.{UNAPPLIED}... OK" in lines


def test_others_use_the_table_between_two_attempts(unmigrated: None) -> None:
    """A statement that comes after the migration's is held up by one attempt, and not by the reader."""

    def deliver(reader: psycopg.Connection) -> None:
        time.sleep(0.2)
        with open_transaction("SET statement_timeout = '5s'", "delivery") as delivery:
            delivery.execute(READ_SOURCES)
        reader.rollback()

    with ThreadPoolExecutor(1) as thread, open_transaction(READ_SOURCES) as reader:
        delivered = thread.submit(deliver, reader)
        call_command("migrate", verbosity=0, stdout=StringIO())
        delivered.result()
    assert fetch_value(IS_APPLIED, UNAPPLIED)


def test_a_migration_that_is_held_up_for_too_long_ends_with_the_reason(
    unmigrated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "MAX_WAIT_SECONDS", 1)
    with open_transaction(READ_SOURCES) as reader:
        pid = reader.info.backend_pid
        with pytest.raises(CommandError) as caught:
            call_command("migrate", verbosity=0, stdout=StringIO())
    message = str(caught.value)
    assert message.startswith(f"events.{UNAPPLIED} did not get its locks in ")
    assert f"pid {pid} " in message
    assert "End that session, or wait until it has ended, and run migrate again" in message
    assert not fetch_value(IS_APPLIED, UNAPPLIED)


def test_an_error_that_is_no_lock_is_raised_at_once(unmigrated: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE events_source ADD COLUMN {ADDED_COLUMN} text")
    try:
        with pytest.raises(
            Exception, match=f'column "{ADDED_COLUMN}" of relation "events_source" already exists'
        ):
            call_command("migrate", verbosity=0, stdout=StringIO())
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE events_source DROP COLUMN {ADDED_COLUMN}")

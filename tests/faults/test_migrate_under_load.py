"""Migrations of a large log refuse no delivery, also behind a reader whose transaction stays open."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.code_copies import Code, migrated_database
from tests.support.faults.steady_sender import VENDOR, SteadySender
from tests.support.run_summary import EXTRA_LINES
from tests.support.web_server import run_web_server

EVENTS = 1_000_000
RATE = 20.0
READER_SECONDS = 30.0
# Before `migrate` begins, and after it has ended.
SECONDS_AROUND = 2.0
SECONDS_TO_MIGRATE = 180.0

FILL_LOG = """
    INSERT INTO events_event (source_id, digest, body, headers, event_type, occurred_at, received_at, status,
        settled_at)
    SELECT source.id, sha256(convert_to(n::text, 'UTF8')), convert_to(repeat(n::text, 40), 'UTF8'), '{}',
        'lead.created', now(), now(), 'applied', now()
    FROM events_source source, generate_series(1, %s) n
"""
ADD_COLUMN = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("events", "{previous}")]
    operations = [migrations.AddField("event", "note", models.TextField(null=True))]
"""
ADD_INDEX = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "9001_note")]
    operations = [AddIndexConcurrently("event", models.Index("note", "id", name="event_note"))]
"""
IS_INDEX_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'event_note'::regclass"


def write_migrations(code: Code) -> None:
    """Add a migration that alters the log's table, and one that builds an index on the new column."""
    previous = max(path.stem for path in (code.root / "events" / "migrations").glob("0*.py"))
    code.write("events/migrations/9001_note.py", ADD_COLUMN.format(previous=previous))
    code.write("events/migrations/9002_note_index.py", ADD_INDEX)
    code.replace(
        "events/models.py",
        '    error = models.TextField(default="", db_default="")\n',
        '    error = models.TextField(default="", db_default="")\n    note = models.TextField(null=True)\n',
    )


@contextmanager
def hold_read_transaction(url: str) -> Iterator[None]:
    """Read the log in a transaction that stays open for READER_SECONDS, in a thread."""

    def read() -> None:
        with psycopg.connect(url, application_name="analyst") as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT count(*) FROM (SELECT FROM events_event LIMIT 1000) page")
            time.sleep(READER_SECONDS)

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(read)
        time.sleep(1)
        yield
        future.result()


@pytest.mark.prove
def test_a_migration_behind_a_long_reader_refuses_no_delivery_and_ends_by_itself(tmp_path: Path) -> None:
    with migrated_database("migrate_under_load") as code:
        url = code.environment["DATABASE_URL"]
        options = ("--vendor", VENDOR, "--scheme", "standard-webhooks", "--json")
        source = json.loads(code.run_successfully("create_source", "load", *options))
        started = time.monotonic()
        with psycopg.connect(url) as database:
            database.execute(FILL_LOG, [EVENTS])
        fill_seconds = time.monotonic() - started
        new_code = code.copy(tmp_path)
        write_migrations(new_code)
        with run_web_server(tmp_path, code.environment) as web:
            vendor = SteadySender(web.port, source["path"], source["secret"], 10_000)
            with vendor.delivering(RATE):
                time.sleep(SECONDS_AROUND)
                with hold_read_transaction(url):
                    started = time.monotonic()
                    result = new_code.run("migrate", seconds=SECONDS_TO_MIGRATE)
                    seconds = time.monotonic() - started
                time.sleep(SECONDS_AROUND)
        refused = [delivery for delivery in vendor.deliveries if not delivery.accepted]
        slowest = max(delivery.seconds for delivery in vendor.deliveries)
        with psycopg.connect(url) as database:
            stored = database.execute("SELECT count(*) FROM events_event").fetchone()
            is_valid = database.execute(IS_INDEX_VALID).fetchone() if result.returncode == 0 else None
        EXTRA_LINES.append(
            f"migrate: 2 migrations of {EVENTS:,} events (made in {fill_seconds:.0f} s) behind a reader of"
            f" {READER_SECONDS:.0f} s took {seconds:.0f} s; {len(vendor.deliveries):,} deliveries,"
            f" {len(refused)} refused, the slowest {slowest:.1f} s"
        )
        assert (result.returncode, len(refused)) == (0, 0), result.stdout
        assert stored == (EVENTS + len(vendor.answered_2xx),)
        assert is_valid == (True,)
        # It has not merely begun after the reader: it says whom it waited for.
        assert "analyst" in result.stdout, result.stdout

"""An import that is cut, by an error or by SIGKILL, is whole after it is run again; its memory is bounded."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import openpyxl
import pytest

from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.stored_events import Origin
from events.models import Event, Source
from events.record_files.store_rows import BATCH_ROWS, store_rows
from tests.support.paths import PROJECT
from tests.support.vendor_requests import new_source
from tests.support.web_server import database_url

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FEW_ROWS, MANY_ROWS = 20_000, 200_000
# How much more memory ten times as many rows may need.
MAX_GROWTH = 1.3


def make_records(count: int) -> list[FetchedRecord]:
    return [FetchedRecord(Origin.FILE, "lead", {"id": f"ld_{number}"}, NOW) for number in range(count)]


@pytest.mark.django_db(transaction=True)
def test_an_import_that_was_cut_goes_on_where_it_was() -> None:
    source = new_source()[0]
    records = make_records(2 * BATCH_ROWS + 1)
    [first] = islice(store_rows(source, records, NOW), 1)
    assert (first.stored, Event.objects.count()) == (BATCH_ROWS, BATCH_ROWS)
    batches = list(store_rows(source, records, NOW))
    assert [batch.stored for batch in batches] == [0, BATCH_ROWS, 1]
    assert Event.objects.count() == len(records)


@pytest.mark.django_db
def test_a_batch_of_the_same_rows_is_stored_once() -> None:
    [batch] = store_rows(new_source()[0], make_records(1) * 3, NOW)
    assert (batch.rows, batch.stored) == (3, 1)


def write_csv(path: Path, rows: int) -> Path:
    lines = (
        f"ld_{number},Name {number},person{number}@example.com,New,2026-02-01\n" for number in range(rows)
    )
    path.write_text("id,name,email,stage,created at\n" + "".join(lines))
    return path


def write_excel(path: Path, rows: int) -> Path:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append(["id", "name", "stage"])
    for number in range(rows):
        sheet.append([f"ld_{number}", number, "New"])
    workbook.save(path)
    return path


class Import:
    """The command in a process of its own, on the tests' database."""

    def __init__(self, source: Source, file: Path) -> None:
        command = ["import_records", source.slug, "lead", str(file), "--as-of", "2026-03-01", "--no-input"]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            env=os.environ | {"DATABASE_URL": database_url()},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def kill_after(self, events: int) -> None:
        """Kill the process when the log has so many events."""
        while Event.objects.count() < events:
            assert self.process.poll() is None
            time.sleep(0.01)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        assert self.process.returncode == -signal.SIGKILL

    def finish(self) -> tuple[str, int]:
        """Return what it printed, and the most memory that it needed, in kB."""
        assert self.process.stdout is not None
        with self.process.stdout:
            output = self.process.stdout.read()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert self.process.returncode == 0
        return output, usage.ru_maxrss


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_200_000_rows_with_a_sigkill_are_stored_once_and_in_constant_memory(tmp_path: Path) -> None:
    source = new_source()[0]
    _, little = Import(source, write_csv(tmp_path / "few.csv", FEW_ROWS)).finish()
    file = write_csv(tmp_path / "many.csv", MANY_ROWS)
    Import(source, file).kill_after(events=2 * FEW_ROWS)
    output, much = Import(source, file).finish()
    assert f"{MANY_ROWS:,} rows, 0 bad" in output
    assert Event.objects.count() == MANY_ROWS
    assert much < little * MAX_GROWTH
    output, _ = Import(source, file).finish()
    assert f"stored 0, there before {MANY_ROWS:,}" in output


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_200_000_rows_of_excel_need_about_as_much_memory_as_few(tmp_path: Path) -> None:
    source = new_source()[0]
    _, little = Import(source, write_excel(tmp_path / "few.xlsx", FEW_ROWS)).finish()
    output, much = Import(source, write_excel(tmp_path / "many.xlsx", MANY_ROWS)).finish()
    assert f"stored {MANY_ROWS - FEW_ROWS:,}" in output
    # Excel keeps each different text once, in a table that has to be read whole.
    assert much < little * MAX_GROWTH + 50_000

"""`manage.py import_records`: stores the records of a file that a vendor exported, after a preview."""

import sys
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from crmmirror.lib.time_zones import find_time_zone
from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from entities.reading.times import add_zone, parse_time
from entities.reading.unconvertible import Unconvertible
from entities.vendors import UnusableVendor
from events.management.migrated_database import require_migrations
from events.models import Source
from events.processing import wakeups
from events.record_files.file_rows import FileRows, UnreadableRecords
from events.record_files.headings import UnfitHeadings
from events.record_files.open_rows import open_rows
from events.record_files.plan_file import FileOptions, plan_file
from events.record_files.preview import SAMPLE_ROWS, describe_file
from events.record_files.row_records import RecordPlan, make_record
from events.record_files.store_rows import store_rows
from events.sources.registry import UnknownSource, get_source

ACTOR = identify_command("import_records")
MAX_SHOWN_PROBLEMS = 10


class Command(BaseCommand):
    help = (
        "Stores the records of a CSV, Excel or JSON file that a vendor exported, as events. Shows first what"
        " is read and what is left. What is stored already is not stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("entity", help="the kind of record, such as lead")
        parser.add_argument("file", type=Path, help="CSV, Excel (.xlsx), JSON or JSON lines")
        parser.add_argument("--preview", action="store_true", help="show what is read, and store nothing")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=COLUMN",
            help="the column that a heading fills; without a column, the heading is left out",
        )
        parser.add_argument(
            "--changed", default="", metavar="HEADING", help="the time of last change of a row"
        )
        parser.add_argument("--as-of", default="", metavar="TIME", help="when the file was exported")
        parser.add_argument(
            "--time-zone", default="", metavar="ZONE", help="of times without an offset; else UTC"
        )
        parser.add_argument("--sub-account", metavar="ID", help="the vendor's id of the records' sub-account")
        parser.add_argument("--encoding", default="", help="of a CSV file that is not UTF-8, such as cp1252")
        parser.add_argument("--no-input", action="store_true", help="do not ask before anything is stored")

    def handle(self, *, source: str, entity: str, file: Path, preview: bool, **options: Any) -> None:
        zone = _find_zone(options["time_zone"])
        chosen = FileOptions(
            entity,
            file.name,
            tuple(options["map"]),
            options["changed"],
            _read_time(options["as_of"], zone),
            options["sub_account"],
            zone,
        )
        try:
            with require_migrations(), open_rows(file, options["encoding"]) as rows:
                self._import(get_source(source), rows, chosen, preview, options["no_input"])
        except (UnknownSource, UnusableVendor, UnreadableRecords, UnfitHeadings) as error:
            raise CommandError(str(error)) from None

    def _import(
        self, source: Source, file: FileRows, options: FileOptions, preview: bool, no_input: bool
    ) -> None:
        now = datetime.now(UTC)
        sample = list(islice(file.rows, SAMPLE_ROWS))
        plan = plan_file(source, file, sample, options)
        for line in describe_file(source, file, sample, plan, now):
            self.stdout.write(line)
        if preview:
            self.stdout.write("Nothing is stored: this is a preview.")
        elif (
            no_input or not sys.stdin.isatty() or input("Store them? [y/N] ").strip().lower() in ("y", "yes")
        ):
            self._store(source, FileRows(file.format, file.headings, chain(sample, file.rows)), plan, now)
        else:
            self.stdout.write("Nothing is stored.")

    def _store(self, source: Source, file: FileRows, plan: RecordPlan, now: datetime) -> None:
        # Before the first event is stored, so that a run that is killed has its entry too.
        write_audit_entry(ACTOR, AuditAction.LOG_IMPORTED, source, files=[plan.file])
        rows = stored = bad = 0
        problems: list[str] = []
        try:
            with tqdm(unit=" rows", file=self.stderr, disable=None) as bar:
                for batch in store_rows(source, (make_record(row, plan) for row in file.rows), now):
                    rows, stored = rows + batch.rows, stored + batch.stored
                    bad += len(batch.problems)
                    problems += batch.problems[: MAX_SHOWN_PROBLEMS - len(problems)]
                    bar.update(batch.rows)
        finally:
            self.stdout.write(
                f"stored {stored:,}, there before {rows - stored:,}: {rows:,} rows, {bad:,} bad"
            )
            for problem in problems:
                self.stdout.write(f"  {problem}")
            if bad > len(problems):
                self.stdout.write(f"  and {bad - len(problems):,} more, all among the malformed events")
            if stored and not wakeups.wake_now():
                self.stderr.write(
                    "The broker is away: the workers will apply the events at their next sweep."
                )


def _find_zone(name: str) -> tzinfo:
    zone = find_time_zone(name) if name else UTC
    if zone is None:
        raise CommandError(f"--time-zone {name!r} is no time zone: write it like Asia/Dubai")
    return zone


def _read_time(text: str, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        moment = parse_time(add_zone(text, zone))
    except Unconvertible:
        raise CommandError(f"--as-of {text!r} is no time: write it like 2026-03-01T10:00+04:00") from None
    if moment > datetime.now(UTC):
        raise CommandError(f"--as-of {text!r} is in the future")
    return moment

"""`manage.py import_events`: stores an archive of bodies as events of a source, without HTTP."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from crmmirror.lib.database.cursors import execute
from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from entities.vendors import UnusableVendor
from events.archive.archive_files import UnusableArchive, is_archive
from events.archive.log_import import import_archive
from events.ingest.store import store_event
from events.management.delivery_summary import DeliverySummary
from events.management.migrated_database import require_migrations
from events.models import Source
from events.processing import wakeups
from events.sender.event_files import UnreadableFile, read_bodies, total_size
from events.sources.registry import UnknownSource, get_source

ACTOR = identify_command("import_events")


class Command(BaseCommand):
    help = (
        "Stores events without HTTP. With SLUG, each line of JSON-lines files is the body of an event; the"
        " first line that is not JSON ends the import, and the lines before it stay stored. With --log, the"
        " files are what export_events wrote. What is stored already is not stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the source's name")
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="JSON lines, or a JSON file")
        parser.add_argument(
            "--log",
            nargs="+",
            type=Path,
            default=[],
            metavar="ARCHIVE",
            help="files of export_events, whose events go to the sources that they are from; - for the"
            " standard input",
        )

        parser.add_argument(
            "--without-pruned",
            action="store_true",
            help="take archives that lack events which were pruned where they were made",
        )

    def handle(self, *, slug: str | None, files: list[Path], log: list[Path], **options: Any) -> None:
        self.without_pruned: bool = options["without_pruned"]
        if bool(slug) == bool(log) or bool(slug) != bool(files):
            raise CommandError(
                "give the SLUG of a source and FILEs of bodies, or --log and what export_events wrote"
            )
        try:
            if slug is None:
                self._import_archives(log, None)
                return
            source, total = get_source(slug), total_size(files)
            archives = [file for file in files if is_archive(file)]
            self._import_archives(archives, source)
            bodies = [file for file in files if file not in archives]
            if bodies:
                # Before the first event is stored, so that a run that is killed has its entry too.
                names = [str(file) for file in bodies]
                write_audit_entry(ACTOR, AuditAction.LOG_IMPORTED, source, files=names)
                self._store(source, read_bodies(bodies), total)
        except (UnknownSource, UnusableVendor, UnusableArchive) as error:
            raise CommandError(str(error)) from None
        except UnreadableFile as error:
            raise CommandError(
                f"{error}; correct the file and import again: nothing is stored twice"
            ) from None

    def _import_archives(self, paths: list[Path], into: Source | None) -> None:
        """Import archives. into: the source that gets their events; None for those of the archive."""
        for path in paths:
            events = stored = 0
            try:
                with require_migrations(), tqdm(unit=" events", file=self.stderr, disable=None) as bar:
                    for batch in import_archive(path, into, ACTOR, without_pruned=self.without_pruned):
                        events, stored = events + batch.events, stored + batch.stored
                        bar.update(batch.events)
            finally:
                self.stdout.write(f"{path}: stored {stored}, duplicate {events - stored}: {events} events")
                self._wake_workers(stored)

    def _store(self, source: Source, bodies: Iterable[bytes], total: int) -> None:
        summary = DeliverySummary()
        bar = tqdm(total=total, unit="B", unit_scale=True, disable=None)
        try:
            with asynchronous_commits():
                for body in bodies:
                    summary.add(store_event(source, body, {}, datetime.now(UTC)).outcome)
                    bar.update(len(body) + 1)
        finally:
            bar.close()
            self.stdout.write(str(summary))
            self._wake_workers(summary.total)

    def _wake_workers(self, stored: int) -> None:
        if stored and not wakeups.wake_now():
            self.stderr.write("The broker is away: the workers will apply the events at their next sweep.")


@contextmanager
def asynchronous_commits() -> Iterator[None]:
    """Let commits in this block return before they are on disk. All are on disk when the block ends.

    An import commits once per body, and would otherwise wait for the disk each time.
    """
    execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        execute("RESET synchronous_commit")
        with transaction.atomic():
            # A synchronous commit that has a transaction id waits for everything that was written before it.
            execute("SELECT pg_current_xact_id()")

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
from entities.vendors import UnusableVendor
from events.ingest.store import store_event
from events.management.delivery_summary import DeliverySummary
from events.models import Source
from events.processing import wakeups
from events.sender.event_files import UnreadableFile, read_bodies, total_size
from events.sources.registry import UnknownSource, get_source


class Command(BaseCommand):
    help = (
        "Stores each line of JSON-lines files as the body of an event. A body that is stored already is a"
        " duplicate and not stored again. The first line that is not JSON ends the import; the lines before"
        " it stay stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source's name")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, or a JSON file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source = get_source(options["slug"])
            total = total_size(options["files"])
            self._store(source, read_bodies(options["files"]), total)
        except (UnknownSource, UnusableVendor) as error:
            raise CommandError(str(error)) from None
        except UnreadableFile as error:
            raise CommandError(
                f"{error}; correct the file and import again: nothing is stored twice"
            ) from None

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
            if summary.total and not wakeups.wake_now():
                self.stderr.write(
                    "The broker is away: the workers will apply the events at their next sweep."
                )


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

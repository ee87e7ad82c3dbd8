"""Stores an archive of bodies as events of a source, without HTTP."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from tqdm import tqdm

from events.ingest.store import store_event
from events.management.delivery_summary import DeliverySummary
from events.models import Source
from events.processing import wakeups
from events.sender.event_files import UnreadableFile, read_bodies, total_size
from events.sources.registry import UnknownSource, get_source


class Command(BaseCommand):
    help = (
        "Stores each line of JSON-lines files as the body of an event. What is stored already is not"
        " stored again; the first line that is not JSON ends the import, and what came before it stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, or a JSON file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source = get_source(options["slug"])
            total = total_size(options["files"])
            self._store(source, read_bodies(options["files"]), total)
        except UnknownSource as error:
            raise CommandError(str(error)) from None
        except UnreadableFile as error:
            raise CommandError(f"{error}; mend it and import again: nothing is stored twice") from None

    def _store(self, source: Source, bodies: Iterable[bytes], total: int) -> None:
        tally = DeliverySummary()
        bar = tqdm(total=total, unit="B", unit_scale=True, disable=None)
        try:
            with hasty_commits():
                for body in bodies:
                    tally.add(store_event(source, body, {}, datetime.now(UTC)).outcome)
                    bar.update(len(body) + 1)
        finally:
            bar.close()
            self.stdout.write(str(tally))
            if tally.total and not wakeups.wake_now():
                self.stderr.write("The broker is away: the next sweep of a worker takes the events up.")


@contextmanager
def hasty_commits() -> Iterator[None]:
    """Each commit returns before it is on disk; all of them are there when the context ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        try:
            yield
        finally:
            cursor.execute("RESET synchronous_commit")
            with transaction.atomic():
                # A commit that wrote something waits for all that was written before it.
                cursor.execute("SELECT pg_current_xact_id()")

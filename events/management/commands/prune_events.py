"""`manage.py prune_events`: removes the bodies of events that their sources keep no longer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from tqdm import tqdm

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from events.management.migrated_database import require_migrations
from events.models import Event
from events.pruning.compaction import compact_tables
from events.pruning.prunable_events import count_kept, count_prunable, read_prunable_sources
from events.pruning.prune import PruningLocked, PruningRun, prune_events

MAX_SHOWN_IDS = 10
# Beat's runs hold the lock for a batch at a time, a rebuild for minutes: the former are waited for.
LOCK_TRIES = 50


class Command(BaseCommand):
    help = (
        "Removes for good the bodies of applied and ignored events that are older than their source's"
        " keep_days. The records stay as they are. Beat runs the same once a minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print how many there are")
        parser.add_argument(
            "--shrink", action="store_true", help="then give the freed space back to the file system"
        )

    def handle(self, *, dry_run: bool, shrink: bool, **options: Any) -> None:
        with require_migrations():
            if not read_prunable_sources():
                self.stdout.write(
                    "every source keeps its bodies for ever: set keep_days on a source's page first"
                )
                return
            self._print_counts()
            if dry_run:
                return
            self._prune()
            if shrink:
                self._shrink()

    def _print_counts(self) -> None:
        for source in read_prunable_sources():
            line = (
                f"{source.slug}: {count_prunable(source):,} events to prune,"
                f" received before {source.received_before:%Y-%m-%d %H:%M} UTC"
            )
            if kept := count_kept(source):
                line += f"; {kept:,} as old are pending, failed or malformed, and are kept"
            self.stdout.write(line)

    def _prune(self) -> None:
        total = sum(count_prunable(source) for source in read_prunable_sources())
        if total:
            # Before the first body goes, so that a run that is killed has its entry too.
            write_audit_entry(
                identify_command("prune_events"), AuditAction.EVENTS_PRUNED, Event, events=total
            )
        try:
            with tqdm(total=total, unit=" events", file=self.stderr) as bar:
                run = prune_events(bar.update, lock_tries=LOCK_TRIES)
        except PruningLocked:
            raise CommandError(
                "a rebuild or another pruning is running: try again when it has ended"
            ) from None
        self.stdout.write(f"pruned {run.pruned:,} events, {filesizeformat(run.freed_bytes)} of bodies")
        self._print_unread(run)

    def _shrink(self) -> None:
        with tqdm(unit=" pages", file=self.stderr) as bar:
            for table in compact_tables(bar.update):
                sizes = f"{filesizeformat(table.before)} before, {filesizeformat(table.after)} now"
                self.stdout.write(f"the file of {table.table}: {sizes}")

    def _print_unread(self, run: PruningRun) -> None:
        if not run.unread_ids:
            return
        shown = ", ".join(map(str, run.unread_ids[:MAX_SHOWN_IDS]))
        self.stdout.write(
            f"{len(run.unread_ids):,} events are kept, because their vendor's module reads them otherwise"
            f" than when they were applied: {shown}{', …' * (len(run.unread_ids) > MAX_SHOWN_IDS)}."
            " rebuild_mirror sets that right."
        )

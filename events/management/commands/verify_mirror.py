"""`manage.py verify_mirror`: compares the records with a rebuild from the stored events."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from entities.merge.clock import parse_clock
from entities.shadow.differences import Difference
from entities.shadow.digest import mirror_digest
from events.archive.log_digest import compute_log_digest
from events.management.arguments import positive_number
from events.management.migrated_database import require_migrations
from events.models import Event, Source
from events.rebuild.log_reader import estimate_log_size
from events.rebuild.verification import compare_since, compare_with_log


class Command(BaseCommand):
    help = (
        "Rebuilds the records beside the live ones, compares cell by cell, and changes nothing. "
        "Exits 1 if any cell differs, or a record is missing in the change feed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        digests = parser.add_mutually_exclusive_group()
        digests.add_argument(
            "--digest", action="store_true", help="only print the digest of the live records"
        )
        digests.add_argument(
            "--log-digest",
            action="store_true",
            help="only print the digest of the log, and those of its parts: sources, events, baseline,"
            " timeline",
        )
        parser.add_argument(
            "--since",
            type=_parse_time,
            metavar="T",
            help="only compare the records that were touched since then: a date, or a time in ISO 8601, in"
            " UTC unless it says otherwise",
        )
        parser.add_argument(
            "--limit",
            type=positive_number(int),
            default=20,
            metavar="N",
            help="how many differing records of each kind to show",
        )

    def handle(
        self, *, digest: bool, log_digest: bool, limit: int, since: datetime | None, **options: Any
    ) -> None:
        with require_migrations():
            if digest:
                self.stdout.write(mirror_digest())
            elif log_digest:
                self._print_log_digest()
            else:
                self._compare(limit, since)

    def _print_log_digest(self) -> None:
        log = compute_log_digest()
        self.stdout.write(log.digest)
        for section in log.sections:
            self.stdout.write(f"  {section.name:<8} {section.digest} ({section.rows} rows)")

    def _compare(self, limit: int, since: datetime | None) -> None:
        """Print the cells that differ; exit with status 1 if there are any."""
        total = None if since else estimate_log_size()
        with tqdm(total=total, unit=" events", file=self.stderr) as bar:
            result = compare_since(since, bar.update, limit) if since else compare_with_log(bar.update, limit)
        for difference in result.differences:
            self.stdout.write(_format_difference(difference))
        pruned = f" and what is kept of {result.pruned_events} pruned ones" * bool(result.pruned_events)
        self.stdout.write(f"{result.events} events{pruned}, {result.rows} rows differ")
        if result.records_behind:
            self.stdout.write(
                f"{result.records_behind} records are not in the change feed as they are now:"
                " rebuild_mirror adds them"
            )
        if result.rows or result.records_behind:
            sys.exit(1)


def _parse_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date or time, such as 2026-03-01T08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _format_difference(difference: Difference) -> str:
    """Format a cell that differs: record, field, live value, rebuilt value, event."""
    source = Source.objects.get(pk=difference.source_id)
    record = "/".join(filter(None, (source.slug, difference.scope, difference.external_id)))
    sides = f"live {json.dumps(difference.live)}, rebuilt {json.dumps(difference.rebuilt)}"
    event = _describe_event(source, difference.clock)
    return f"{difference.record_type} {record}: {difference.field}: {sides}, {event}"


def _describe_event(source: Source, clock: str) -> str:
    if not clock:
        return "no event"
    digest = bytes.fromhex(parse_clock(clock).body_digest)
    event = Event.objects.filter(source=source, digest=digest).only("pk").first()
    return str(event) if event else f"an event that is not stored (digest {digest.hex()})"

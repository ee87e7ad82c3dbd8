"""Proves that the records are what the stored events say, or shows where they are not."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from entities.merge.clock import parse_clock
from entities.shadow.differences import Difference
from entities.shadow.digest import mirror_digest
from events.management.arguments import positive_number
from events.models import Event, Source
from events.rebuild.log_reader import estimate_log_size
from events.rebuild.verification import compare_with_log


class Command(BaseCommand):
    help = (
        "Rebuilds beside the live records and compares cell by cell; changes nothing; exits 1 if any differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--digest", action="store_true", help="only print the digest of the live records")
        parser.add_argument(
            "--limit",
            type=positive_number(int),
            default=20,
            metavar="N",
            help="records to show, of each kind",
        )

    def handle(self, *, digest: bool, limit: int, **options: Any) -> None:
        if digest:
            self.stdout.write(mirror_digest())
            return
        with tqdm(total=estimate_log_size(), unit=" events", file=self.stderr) as bar:
            verified = compare_with_log(bar.update, limit)
        for difference in verified.differences:
            self.stdout.write(_line(difference))
        self.stdout.write(f"{verified.events} events, {verified.rows} rows differ")
        if verified.rows:
            sys.exit(1)


def _line(found: Difference) -> str:
    """Record, field, live value, rebuilt value, event."""
    source = Source.objects.get(pk=found.source_id)
    record = "/".join(filter(None, (source.slug, found.scope, found.external_id)))
    sides = f"live {json.dumps(found.live)}, rebuilt {json.dumps(found.rebuilt)}"
    return f"{found.record_type} {record}: {found.field}: {sides}, {_event(source, found.clock)}"


def _event(source: Source, clock: str) -> str:
    if not clock:
        return "no event"
    digest = bytes.fromhex(parse_clock(clock).digest)
    event = Event.objects.filter(source=source, digest=digest).only("pk").first()
    return str(event) if event else f"an event that is not stored (digest {digest.hex()})"

"""Tells what vendors send that the mapping does not know."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crmmirror.lib.admin_kit.cells import shorten
from entities import vendors
from entities.vendors import all_vendors
from events.reports.mapping_coverage import FindingKind
from events.reports.schema_drift import MAX_FINDINGS, DriftReport, Finding, find_drift, to_json

HEADINGS = ("what", "vendor", "event type", "record", "field", "events", "since", "last", "example")
RIGHT = frozenset({"events", "example"})
MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Sums up, from the log and the timeline, what vendors send that the mapping does not know."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--vendor", default="", help="of this vendor only")
        parser.add_argument("--days", type=_days, default=30, metavar="N", help="received in the past N days")
        parser.add_argument("--json", action="store_true", help="as JSON, for a program")

    def handle(self, *, vendor: str, days: int, json: bool, **options: Any) -> None:
        if vendor and vendor not in all_vendors():
            raise CommandError(str(vendors.UnknownVendor(vendor)))
        found = find_drift(days, vendor)
        self.stdout.write(_json(found) if json else _words(found, days))


def _days(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word) <= MAX_DAYS):
        raise ArgumentTypeError(f"a number of days from 1 to {MAX_DAYS}")
    return int(word)


def _json(found: DriftReport) -> str:
    return json.dumps(to_json(found), indent=2)


def _words(found: DriftReport, days: int) -> str:
    if not found.findings:
        return f"No drift in {days} days: the mapping knows all that was sent."
    lines = _table([HEADINGS, *(_cells(one) for one in found.findings)])
    if any(len(found.of(kind)) >= MAX_FINDINGS for kind in FindingKind):
        lines.append(f"Of each kind, the {MAX_FINDINGS} most frequent are listed.")
    return "\n".join(lines)


def _cells(one: Finding) -> tuple[str, ...]:
    times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (one.first, one.last))
    names = (shorten(name, 40) for name in (one.event_type, one.record_type, one.path))
    return (one.kind, one.vendor, *names, f"{one.events:,}", *times, str(one.example))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if heading in RIGHT else cell.ljust(width)
            for cell, width, heading in zip(row, widths, HEADINGS, strict=True)
        ).rstrip()
        for row in rows
    ]

"""`manage.py drift`: reports what vendors send that the mapping does not know."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.text_table import format_table
from entities import vendors
from entities.vendors import all_vendors
from events.monitoring.mirror_state import describe_malformed_runs
from events.reports.mapping_coverage import FindingKind
from events.reports.schema_drift import MAX_FINDINGS, DriftReport, Finding, find_drift, to_json

HEADINGS = ("what", "vendor", "event type", "record", "field", "events", "since", "last", "example")
RIGHT_ALIGNED = frozenset({"events", "example"})
MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Reports, from the log and the timeline, what vendors send that the mapping does not know."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--vendor", default="", help="report this vendor only")
        parser.add_argument(
            "--days",
            type=_parse_days,
            default=30,
            metavar="N",
            help="read the events received in the past N days",
        )
        parser.add_argument("--json", action="store_true", help="print JSON, for a program")

    def handle(self, *, vendor: str, days: int, json: bool, **options: Any) -> None:
        if vendor and vendor not in all_vendors():
            raise CommandError(str(vendors.UnknownVendor(vendor)))
        report = find_drift(days, vendor)
        self.stdout.write(_format_json(report) if json else _format_text(report, days))
        if not json:
            for run in describe_malformed_runs():
                self.stdout.write(f"Besides, {run}: the vendor's module does not read them.")


def _parse_days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_DAYS):
        raise ArgumentTypeError(f"{text!r} is not a number of days from 1 to {MAX_DAYS}")
    return int(text)


def _format_json(report: DriftReport) -> str:
    return json.dumps(to_json(report), indent=2)


def _format_text(report: DriftReport, days: int) -> str:
    if not report.findings:
        return f"No drift in {days} days: the mapping knows all that was sent."
    rows = [HEADINGS, *(_format_cells(finding) for finding in report.findings)]
    lines = format_table(rows, RIGHT_ALIGNED)
    if any(len(report.findings_of(kind)) >= MAX_FINDINGS for kind in FindingKind):
        lines.append(f"Only the {MAX_FINDINGS} most frequent of each kind are listed.")
    return "\n".join(lines)


def _format_cells(finding: Finding) -> tuple[str, ...]:
    times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (finding.first, finding.last))
    names = (shorten(name, 40) for name in (finding.event_type, finding.record_type, finding.path))
    return (finding.kind, finding.vendor, *names, f"{finding.events:,}", *times, str(finding.example))

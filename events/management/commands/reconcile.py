"""`manage.py reconcile`: compares what a vendor's API lists with the mirror, and mends what was missed."""

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from entities.audit import identify_command
from events.management.source_with_api import source_with_api
from events.models import Finding, Load, Reconciliation, Source
from events.reconciling.reconcile_report import ListFindings, list_findings, report_findings
from events.reconciling.reconcile_states import (
    allow_deletions,
    asked_findings,
    newest_reconciliation,
    start_reconciliation,
)
from events.reconciling.reconcile_steps import run_reconcile_step

ACTOR = identify_command("reconcile")
# Between two looks at a reconciliation that waits, or of which another process runs a step.
POLL_SECONDS = 1.0
MAX_SHOWN_RECORDS = 50
# Ten years.
MAX_HOURS = 87_600


class Command(BaseCommand):
    help = (
        "Compares what a source's vendor lists with the mirror. What the vendor has otherwise, though its"
        " webhook is overdue, is counted by list and day, and mended. The workers run it too: Ctrl-C ends the"
        " command, and not the reconciliation. Needs an API key (manage.py set_api_key)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument(
            "--resource",
            action="append",
            default=[],
            help="a list to compare, as often as needed; default: all",
        )
        parser.add_argument("--dry-run", action="store_true", help="only reports; stores and deletes nothing")
        parser.add_argument(
            "--retry-hours",
            type=_read_hours,
            metavar="HOURS",
            help="leaves out changes that are younger: their webhook may still come; default: as long as the"
            " vendor goes on trying",
        )
        parser.add_argument(
            "--trust-ids",
            action="store_true",
            help="takes the ids of the API for those of webhooks without trying whether they are",
        )
        acts = parser.add_mutually_exclusive_group()
        acts.add_argument("--status", action="store_true", help="shows the newest reconciliation")
        acts.add_argument(
            "--yes",
            type=int,
            metavar="NUMBER",
            help="answers the question of the newest reconciliation: lets so many missing records be deleted,"
            " each after the vendor was asked for it",
        )

    def handle(self, *, source: str, **options: Any) -> None:
        with source_with_api(source) as found:
            self._handle(found, options)

    def _handle(self, source: Source, options: dict[str, Any]) -> None:
        if options["status"]:
            self._show(_newest(source))
            return
        if options["yes"] is not None:
            run = _newest(source)
            allow_deletions(run, ACTOR, options["yes"])
        else:
            run = start_reconciliation(
                source,
                ACTOR,
                options["resource"],
                is_dry_run=options["dry_run"],
                retry_hours=options["retry_hours"],
                trusts_ids=options["trust_ids"],
            ).reconciliation
        try:
            self._run(run)
        except KeyboardInterrupt:
            self.stdout.write("The reconciliation goes on in the workers. See it with --status.")
            return
        self._show(run)
        if run.load.state == Load.State.STOPPED:
            raise CommandError("The reconciliation has stopped before its end.")

    def _run(self, run: Reconciliation) -> None:
        """Run steps until the reconciliation has ended, or was paused by somebody."""
        said = ""
        while True:
            is_going = run_reconcile_step(run.pk)
            run.load.refresh_from_db()
            if run.load.state in (Load.State.DONE, Load.State.STOPPED):
                return
            if run.load.state == Load.State.PAUSED:
                if run.load.resume_at is None:
                    return
                if run.load.reason != said:
                    said = run.load.reason
                    self.stderr.write(f"paused until {run.load.resume_at:%H:%M:%S} UTC: {said}")
            if not is_going:
                time.sleep(POLL_SECONDS)

    def _show(self, run: Reconciliation) -> None:
        run.refresh_from_db()
        reason = f": {run.load.reason}" if run.load.reason else ""
        self.stdout.write(f"{run.load.state}{reason}")
        for report in report_findings(run):
            self._show_list(report)
        if run.is_dry_run:
            self.stdout.write("Nothing is stored: this was a dry run.")
        if run.question:
            self.stdout.write(run.question)
            self.stdout.write(
                "Nothing of that was deleted: a key that may read less than before looks the same. If they"
                f" are deleted at the vendor: manage.py reconcile {run.load.source.slug} --yes"
                f" {asked_findings(run).count()}"
            )

    def _show_list(self, report: ListFindings) -> None:
        self.stdout.write(str(report))
        if report.progress.reason:
            self.stdout.write(f"  {report.progress.reason}")
        for day, counts in report.days:
            self.stdout.write(f"  {day:%Y-%m-%d}: {counts}")
        found = list_findings(report.progress)
        for finding in found[:MAX_SHOWN_RECORDS]:
            self.stdout.write(f"  {_describe(finding)}")
        if len(found) > MAX_SHOWN_RECORDS:
            self.stdout.write("  … and more, which the source's page in the admin shows")


def _newest(source: Source) -> Reconciliation:
    run = newest_reconciliation(source)
    if run is None:
        raise CommandError(f"{source.slug} was never compared with its vendor's lists")
    return run


def _describe(finding: Finding) -> str:
    columns = f" ({', '.join(finding.columns)})" if finding.columns else ""
    event = f", event {finding.event_id}" if finding.event_id else ""
    return f"{finding.external_id}: {finding.kind}{columns}, {finding.state}{event}"


def _read_hours(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= MAX_HOURS:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no number of hours from 0 to {MAX_HOURS}")

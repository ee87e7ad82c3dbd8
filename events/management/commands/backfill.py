"""`manage.py backfill`: loads what a vendor's API lists, and shows, pauses and resumes loads."""

import sys
import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from crmmirror.lib.text_table import format_table
from entities.audit import identify_command
from entities.reading.times import parse_time
from entities.reading.unconvertible import Unconvertible
from events.loading import load_states
from events.loading.dry_run import try_lists
from events.loading.load_report import LoadReport, report_load
from events.loading.run import run_page
from events.loading.webhook_orders import find_address, order_webhooks
from events.management.source_with_api import source_with_api
from events.models import Load, Source

ACTOR = identify_command("backfill")
# Between two looks at a load that waits, or of which another process runs a page.
POLL_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Loads what a source's vendor lists, as events, page by page. The workers run it too: Ctrl-C ends the"
        " command, and not the load. Needs an API key (manage.py set_api_key)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument(
            "--resource", action="append", default=[], help="a list to read, as often as needed; default: all"
        )
        parser.add_argument(
            "--since", default="", metavar="TIME", help="leaves out rows that have not changed since then"
        )
        parser.add_argument(
            "--trust-ids",
            action="store_true",
            help="takes the ids of the API for those of webhooks without trying whether they are",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="asks for the first page of each list, and stores nothing"
        )
        parser.add_argument(
            "--subscribe", action="store_true", help="first orders the vendor's webhooks, unless they are"
        )
        parser.add_argument("--no-input", action="store_true", help="does not ask before it orders webhooks")
        parser.add_argument("--detach", action="store_true", help="leaves the load to the workers")
        acts = parser.add_mutually_exclusive_group()
        acts.add_argument("--status", action="store_true", help="shows the newest load")
        acts.add_argument("--pause", action="store_true", help="pauses the load")
        acts.add_argument("--resume", action="store_true", help="lets the load go on where it was")

    def handle(self, *, source: str, **options: Any) -> None:
        with source_with_api(source) as found:
            self._handle(found, options)

    def _handle(self, source: Source, options: dict[str, Any]) -> None:
        if options["status"]:
            self._show(report_load(_newest_load(source)))
        elif options["pause"]:
            if not load_states.pause(_newest_load(source), ACTOR):
                raise CommandError(f"no load of {source.slug} is open")
            self.stdout.write("The load is paused. Resume it with --resume.")
        elif options["dry_run"]:
            self._try(source, options["resource"])
        elif not options["subscribe"] or self._subscribe(source, options["no_input"]):
            self._follow(_open_load(source, options), options["detach"])

    def _subscribe(self, source: Source, no_input: bool) -> bool:
        """Order webhooks; return False if the user does not want to."""
        url = find_address(source)
        question = f"Order webhooks at the vendor, to {url}? [y/N] "
        if not no_input and sys.stdin.isatty() and input(question).strip().lower() not in ("y", "yes"):
            self.stdout.write("Nothing is ordered, and nothing is loaded.")
            return False
        subscription = order_webhooks(source, ACTOR)
        self.stdout.write(f"Webhooks to {url} are ordered: subscription {subscription.vendor_id}.")
        return True

    def _try(self, source: Source, names: list[str]) -> None:
        has_problem = False
        for trial in try_lists(source, load_states.choose_resources(source, names)):
            has_problem |= bool(trial.problem)
            more = ", and more pages" if trial.has_more else ""
            bad = f", {trial.bad} of them without an id" if trial.bad else ""
            self.stdout.write(f"{trial.resource}: {trial.problem or f'{trial.rows} rows{bad}{more}'}")
        self.stdout.write("Nothing is stored: this is a dry run.")
        if has_problem:
            raise CommandError("Not every list can be read.")

    def _follow(self, load: Load, detach: bool) -> None:
        if detach:
            self.stdout.write(f"Load {load.pk} is with the workers. See it with --status.")
            return
        try:
            self._run(load)
        except KeyboardInterrupt:
            self.stdout.write("The load goes on in the workers. Pause it with --pause.")
            return
        report = report_load(load)
        self._show(report)
        if report.state == Load.State.STOPPED:
            raise CommandError("The load has stopped before its end.")

    def _run(self, load: Load) -> None:
        """Run pages until the load is done, has stopped, or was paused by somebody."""
        said = ""
        with tqdm(unit=" rows", file=self.stderr, disable=None) as bar:
            while True:
                is_going = run_page(load.pk)
                report = report_load(load)
                bar.update(report.rows - bar.n)
                if report.state in (Load.State.DONE, Load.State.STOPPED):
                    return
                if report.state == Load.State.PAUSED and report.resume_at is None:
                    return
                if report.reason and (line := _state_line(report)) != said:
                    said = line
                    bar.write(line, file=self.stderr)
                if not is_going:
                    time.sleep(POLL_SECONDS)

    def _show(self, report: LoadReport) -> None:
        self.stdout.write(_state_line(report))
        columns = ("list", "state", "pages", "new", "changed", "unchanged", "failed", "skipped")
        rows = [
            (
                one.resource,
                one.state,
                *map(
                    "{:,}".format, (one.pages, one.new, one.changed, one.unchanged, one.failed, one.skipped)
                ),
            )
            for one in report.lists
        ]
        for line in format_table([columns, *rows], columns[2:]):
            self.stdout.write(line)
        for one in report.lists:
            if one.reason:
                self.stdout.write(f"{one.resource}: {one.reason}")


def _open_load(source: Source, options: dict[str, Any]) -> Load:
    """Start a load, or resume the newest one."""
    trusts_ids = options["trust_ids"]
    if not options["resume"]:
        since = _read_time(options["since"])
        return load_states.start(source, ACTOR, options["resource"], since, trusts_ids)
    load = _newest_load(source)
    if not load_states.resume(load, ACTOR, trusts_ids or None):
        raise CommandError("The newest load is done: there is nothing to resume.")
    return load


def _newest_load(source: Source) -> Load:
    load = load_states.find_loads(source).first()
    if load is None:
        raise CommandError(f"{source.slug} was never loaded")
    return load


def _read_time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_time(text)
    except Unconvertible:
        raise CommandError(f"--since {text!r} is no time: write it like 2026-03-01T10:00+04:00") from None


def _state_line(report: LoadReport) -> str:
    until = f" until {report.resume_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if report.resume_at else ""
    reason = f": {report.reason}" if report.reason else ""
    return f"{report.state}{until}{reason}"

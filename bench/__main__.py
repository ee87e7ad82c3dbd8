"""`make bench`: runs all benchmarks in one run, on servers of their own, and writes docs/benchmarks.md.

The page is written after each of them, so that a run that is cut has what it measured.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import backlog, report, servers
from bench.applying import apply_rate, bulk_rows, event_cost, search_key_cost, worker_memory, worker_scaling
from bench.endpoint import broker_outage, delivery_rate, sustained_rate
from bench.reading import api_latency, api_rows, api_times, page_times, summaries
from bench.whole_log import archive_import, database_growth, rebuild_rate

ROUNDS = 3
# On which pages are measured; `make million` does so on a million.
PAGE_EVENTS = 20_000
REPORT_FILE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Run:
    """A run of benchmarks: its state directory, and how many events the full mirror of the last line has."""

    state: Path
    full_events: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", choices=MEASUREMENTS, help="print this one, and write nothing")
    parser.add_argument(
        "--full-events",
        type=int,
        default=event_cost.EVENTS,
        help="how many events the full mirror of `cost` has (%(default)s)",
    )
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(MEASUREMENTS)
    results: list[report.Result | report.Table] = []
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        run = Run(Path(directory), arguments.full_events)
        with servers.run_servers(run.state):
            machine = report.describe_machine()
            for number, name in enumerate(names, start=1):
                sys.stderr.write(f"{name}\n")
                results += MEASUREMENTS[name](run)
                text = report.format_report(results, ROUNDS, machine, names[number:])
                if not arguments.only:
                    REPORT_FILE.write_text(text)
    sys.stdout.write(text)


def measure_pages(state: Path) -> list[report.Table]:
    """Measure the admin's pages and the API's addresses on an invented company's events."""
    backlog.empty_tables()
    backlog.store_company_events(PAGE_EVENTS)
    backlog.drain_with_workers(state)
    return [page_times.measure(), api_times.measure()]


# Name -> the measurements of that name. Those of the marks come first; `cost` takes longest.
MEASUREMENTS: dict[str, Callable[[Run], list[report.Result] | list[report.Table]]] = {
    "sustained": lambda run: [sustained_rate.measure(run.state, ROUNDS)],
    "deliveries": lambda run: [delivery_rate.measure(run.state, ROUNDS)],
    "apply": lambda run: apply_rate.measure(ROUNDS),
    "bulk": lambda run: [bulk_rows.measure(ROUNDS)],
    "workers": lambda run: [worker_scaling.measure(ROUNDS)],
    "import": lambda run: [archive_import.measure(run.state, ROUNDS)],
    "rebuild": lambda run: rebuild_rate.measure(ROUNDS),
    "growth": lambda run: database_growth.measure(),
    "latency": lambda run: [api_latency.measure(run.state, ROUNDS)],
    "search": lambda run: search_key_cost.measure(ROUNDS),
    "summaries": lambda run: summaries.measure(ROUNDS),
    "rows": lambda run: api_rows.measure(run.state, ROUNDS),
    "outage": lambda run: [broker_outage.measure(run.state, ROUNDS)],
    "memory": lambda run: [worker_memory.measure(run.state, ROUNDS)],
    "pages": lambda run: measure_pages(run.state),
    "cost": lambda run: event_cost.measure(run.state, ROUNDS, run.full_events),
}

if __name__ == "__main__":
    main()

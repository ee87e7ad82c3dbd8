"""`make bench`: runs all benchmarks in one run, on servers of their own, and writes docs/benchmarks.md."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import backlog, report, servers
from bench.applying import apply_rate, search_keys, worker_memory, worker_scaling
from bench.endpoint import broker_outage, delivery_rate
from bench.reading import api_latency, api_rows, page_times, summaries
from bench.whole_log import database_growth, rebuild_rate

ROUNDS = 3
# On which pages are measured; `make million` does so on a million.
PAGE_EVENTS = 20_000
REPORT_FILE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", choices=MEASUREMENTS, help="print this one, and write nothing")
    only = parser.parse_args().only
    results: list[report.Result | report.Table] = []
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            for measure in [MEASUREMENTS[only]] if only else MEASUREMENTS.values():
                results += measure(state)
            machine = report.describe_machine()
    text = report.format_report(results, ROUNDS, machine)
    if not only:
        REPORT_FILE.write_text(text)
    sys.stdout.write(text)


def measure_pages(state: Path) -> report.Table:
    """Measure the admin's pages on an invented company's events."""
    backlog.empty_tables()
    backlog.store_company_events(PAGE_EVENTS)
    backlog.drain_with_workers(state)
    return page_times.measure()


# Name -> the measurements of that name.
MEASUREMENTS: dict[str, Callable[[Path], list[report.Result] | list[report.Table]]] = {
    "deliveries": lambda state: [delivery_rate.measure(state, ROUNDS)],
    "apply": lambda state: apply_rate.measure(ROUNDS),
    "workers": lambda state: [worker_scaling.measure(ROUNDS)],
    "rebuild": lambda state: rebuild_rate.measure(ROUNDS),
    "search": lambda state: search_keys.measure(ROUNDS),
    "summaries": lambda state: summaries.measure(ROUNDS),
    "growth": lambda state: database_growth.measure(),
    "latency": lambda state: [api_latency.measure(state, ROUNDS)],
    "rows": lambda state: api_rows.measure(state, ROUNDS),
    "outage": lambda state: [broker_outage.measure(state, ROUNDS)],
    "memory": lambda state: [worker_memory.measure(state, ROUNDS)],
    "pages": lambda state: [measure_pages(state)],
}

if __name__ == "__main__":
    main()

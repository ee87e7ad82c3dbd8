"""`make bench`: runs all benchmarks in one run, on servers of their own, and writes docs/benchmarks.md."""

import sys
import tempfile
from pathlib import Path

from bench import (
    api_latency,
    apply_rate,
    backlog,
    broker_outage,
    database_growth,
    delivery_rate,
    million,
    page_times,
    report,
    search_keys,
    servers,
    worker_memory,
)

ROUNDS = 3
# On which pages are measured; `make million` does so on a million.
PAGE_EVENTS = 20_000
REPORT_FILE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            results: list[report.Result | report.Table] = [
                delivery_rate.measure(state, ROUNDS),
                apply_rate.measure(ROUNDS),
                *search_keys.measure(ROUNDS),
                database_growth.measure(),
                api_latency.measure(state, ROUNDS),
                broker_outage.measure(state, ROUNDS),
                worker_memory.measure(state, ROUNDS),
                measure_pages(state),
            ]
    text = report.format_report(results, ROUNDS)
    REPORT_FILE.write_text(text)
    sys.stdout.write(text)


def measure_pages(state: Path) -> report.Table:
    """Measure the admin's pages on an invented company's events."""
    backlog.empty_tables()
    backlog.store_company_events(PAGE_EVENTS)
    million.drain_with_workers(state)
    return page_times.measure()


if __name__ == "__main__":
    main()

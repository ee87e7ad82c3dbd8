"""`make bench`: runs all benchmarks in one run, on servers of their own, and writes docs/benchmarks.md."""

import sys
import tempfile
from pathlib import Path

from bench import (
    api_latency,
    apply_rate,
    broker_outage,
    database_growth,
    delivery_rate,
    report,
    search_keys,
    servers,
    worker_memory,
)

ROUNDS = 3
REPORT_FILE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            results = [
                delivery_rate.measure(state, ROUNDS),
                apply_rate.measure(ROUNDS),
                *search_keys.measure(ROUNDS),
                database_growth.measure(),
                api_latency.measure(state, ROUNDS),
                broker_outage.measure(state, ROUNDS),
                worker_memory.measure(state, ROUNDS),
            ]
    text = report.format_report(results)
    REPORT_FILE.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()

"""`make bench`: measures side by side, in one run, on an embedded stack; writes docs/benchmarks.md."""

import sys
import tempfile
from pathlib import Path

from bench import applying, broker, deliveries, latency, memory, report, servers

ROUNDS = 3


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as state, servers.running(Path(state)):
        results = [
            deliveries.measure(Path(state), ROUNDS),
            applying.measure(ROUNDS),
            latency.measure(Path(state), ROUNDS),
            broker.measure(Path(state), ROUNDS),
            memory.measure(Path(state), ROUNDS),
        ]
    text = report.written(results)
    (Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md").write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()

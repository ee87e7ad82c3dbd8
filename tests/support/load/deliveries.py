"""A vendor that delivers at a steady rate from a process of its own, so that only the answers are measured.

In the tests' process its threads would wait for others; in the tests' session the kernel might let it wait
for the readers' process, and readers are on other machines in life.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import django

from tests.support.paths import PROJECT

# Events beyond those that are due: a sender's threads each take one ahead.
SPARE_EVENTS = 1_000


@dataclass(frozen=True)
class Latencies:
    """How many deliveries had each status (0: no answer), and their milliseconds, in ascending order."""

    statuses: Mapping[str, int]
    milliseconds: list[float]

    @property
    def median(self) -> float:
        return self.milliseconds[len(self.milliseconds) // 2]

    @property
    def percentile_99(self) -> float:
        return self.milliseconds[len(self.milliseconds) * 99 // 100]

    def __str__(self) -> str:
        return f"median {self.median:.0f} ms, 99th percentile {self.percentile_99:.0f} ms"


def measure_deliveries(
    port: int, source: Mapping[str, str], environment: Mapping[str, str], rate: float, seconds: float
) -> Latencies:
    """Deliver for so many seconds; return how long the answers took.

    source: what `create_source --json` printed. environment: that of a command of the mirror.
    """
    arguments = (str(port), source["path"], source["secret"], str(rate), str(seconds))
    finished = subprocess.run(
        [sys.executable, "-m", "tests.support.load.deliveries", *arguments],
        start_new_session=True,
        capture_output=True,
        text=True,
        env=dict(environment),
        cwd=PROJECT,
        timeout=seconds + 120,
    )
    assert finished.returncode == 0, finished.stderr
    return Latencies(**json.loads(finished.stdout))


def main() -> None:
    """Deliver, and write a Latencies as JSON. Arguments: those of `measure_deliveries`, as words."""
    django.setup()
    from tests.support.faults.steady_sender import SteadySender

    port, path, secret, rate, seconds = sys.argv[1:]
    vendor = SteadySender(int(port), path, secret, int(float(rate) * float(seconds)) + SPARE_EVENTS)
    with vendor.delivering(float(rate)):
        time.sleep(float(seconds))
    statuses = Counter(str(delivery.status) for delivery in vendor.deliveries)
    milliseconds = sorted(delivery.seconds * 1000 for delivery in vendor.deliveries)
    sys.stdout.write(json.dumps({"statuses": statuses, "milliseconds": milliseconds}))


if __name__ == "__main__":
    main()

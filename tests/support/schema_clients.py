"""Clients that ask for the OpenAPI schema without pause, as a program of its own: they must not hold up the
sender of the deliveries that a test measures.

`python -m tests.support.schema_clients PORT CLIENTS SECONDS` prints how often each status came, as JSON.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection

from tests.support.paths import PROJECT
from tests.support.ports import HOST


def ask_until(port: int, deadline: float) -> Counter[int]:
    """Ask again and again, over one connection; return how often each status came."""
    statuses: Counter[int] = Counter()
    connection = HTTPConnection(HOST, port, timeout=30)
    while time.monotonic() < deadline:
        connection.request("GET", "/api/v1/schema/", headers={"Accept-Encoding": "gzip"})
        with connection.getresponse() as answer:
            answer.read()
            statuses[answer.status] += 1
    connection.close()
    return statuses


@contextmanager
def schema_clients(port: int, clients: int, seconds: float) -> Iterator[Counter[int]]:
    """Run the clients beside the block; complete the statuses when they have ended."""
    statuses: Counter[int] = Counter()
    argv = (sys.executable, "-m", "tests.support.schema_clients", str(port), str(clients), str(seconds))
    with subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        yield statuses
        output, _ = process.communicate()
    statuses.update({int(status): count for status, count in json.loads(output).items()})


if __name__ == "__main__":
    port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        counters = [pool.submit(ask_until, port, deadline) for _ in range(clients)]
    total = sum((counter.result() for counter in counters), Counter())
    sys.stdout.write(json.dumps(total))

"""A web server, a worker and beat on the tests' database, whose broker a test can take away."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from events.models import Event, Source
from tests.support.celery_programs import run_celery
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import BODY, delivery_path, new_source
from tests.support.web_server import WebServer, database_url, run_web_server

SECONDS_TO_COME_BACK = 40
# A line about the broker, and one that it is back. Each is shorter than that.
MAX_LINE_BYTES = 400
# Lines about the work itself, which go on while the broker is away.
WORK_LINES = ("batch_settled", "batch_retried")


@dataclass
class BrokerClients:
    """The programs that use a broker, while they run. logs: the file of each one's output, by its name."""

    web: WebServer
    logs: dict[str, Path]
    source: Source
    delivered: int = 0

    def deliver(self) -> float:
        """Deliver an event that is new, which makes the web server wake a worker; return the seconds."""
        self.delivered += 1
        body = BODY.replace(b"ld_1", b"ld_%d" % self.delivered)
        head = f"POST {delivery_path(self.source)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        started = time.monotonic()
        status, _ = self.web.exchange(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert status == 202
        return time.monotonic() - started

    def deliver_for(self, seconds: float) -> float:
        """Deliver twice a second for so long; return the seconds that the slowest answer took."""
        deadline, slowest = time.monotonic() + seconds, 0.0
        while time.monotonic() < deadline:
            slowest = max(slowest, self.deliver())
            time.sleep(0.5)
        return slowest

    def read_check(self) -> tuple[int, dict[str, Any]]:
        """Return the status of /readyz, and what it says of the broker."""
        status, body = self.web.exchange(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return status, json.loads(body)["checks"]["broker"]

    def assert_work(self) -> None:
        """Deliver an event, and fail unless all events are applied soon."""
        self.deliver()
        self.assert_applied()

    def assert_applied(self) -> None:
        pending = Event.objects.exclude(status=Event.Status.APPLIED)
        wait_until(lambda: not pending.exists(), SECONDS_TO_COME_BACK)
        assert not pending.exists(), {name: log.read_text()[-2000:] for name, log in self.logs.items()}

    def log_sizes(self) -> dict[str, int]:
        return {name: log.stat().st_size for name, log in self.logs.items()}

    def assert_lines(self, sizes: dict[str, int], max_lines: int) -> None:
        """Fail if a program has written more lines about the broker than that since its log had this size."""
        for name, size in sizes.items():
            text = self.logs[name].read_bytes()[size:].decode()
            lines = [line for line in text.splitlines() if not any(word in line for word in WORK_LINES)]
            assert len(lines) <= max_lines, f"{name}:\n{text}"
            assert all(len(line) < MAX_LINE_BYTES for line in lines), f"{name}:\n{text}"


@contextmanager
def run_broker_clients(directory: Path, broker_url: str) -> Iterator[BrokerClients]:
    """Run them until the context ends; yield them once they work."""
    environment = {"BROKER_URL": broker_url}
    with ExitStack() as stack:
        web = stack.enter_context(run_web_server(directory, environment))
        celery_environment = os.environ | environment | {"DATABASE_URL": database_url()}
        logs = stack.enter_context(run_celery(directory, celery_environment))
        clients = BrokerClients(web, {"web": web.log, **logs}, new_source("none")[0])
        clients.assert_work()
        # The last line that beat writes as it starts: what a log grows by afterwards is about the broker.
        wait_until(lambda: "maxinterval" in logs["beat"].read_text(), SECONDS_TO_COME_BACK)
        yield clients
        # Exits 1, with the cells that differ, unless the records are what the events say.
        call_command("verify_mirror", stdout=StringIO())

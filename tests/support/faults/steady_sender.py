"""A vendor that delivers distinct events at a steady rate, and keeps the answers."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

from standardwebhooks.webhooks import Webhook

from entities.generator.event_generator import generate_stream
from entities.vendors import get_vendor
from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.paths import SAMPLES
from tests.support.ports import HOST

VENDOR = min(path.name for path in SAMPLES.iterdir() if path.is_dir())
SEED = 7
# More than the deliveries that begin while one waits for a database that hangs.
SENDER_THREADS = 48
# Longer than the endpoint may take for any answer: no answer by then is a failure too.
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Delivery:
    """One delivery and its answer.

    begun: by the monotonic clock. status: 0 if no answer came; `error` is the reason then.
    """

    body: bytes
    begun: float
    seconds: float
    status: int
    retry_after: str = ""
    error: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class SteadySender:
    """Posts each event once, over a connection of its own, and again with `redeliver` if it was not accepted.

    events: how many different events there are to deliver.
    """

    def __init__(self, port: int, path: str, secret: str, events: int) -> None:
        self.port = port
        self.deliveries: list[Delivery] = []
        self._path = path
        self._secret = secret
        self._bodies = iter(generate_stream(get_vendor(VENDOR), events, SEED))
        self._turn = threading.Lock()

    @property
    def answered_2xx(self) -> set[bytes]:
        return {delivery.body for delivery in self.deliveries if delivery.accepted}

    @property
    def unaccepted(self) -> list[bytes]:
        """The bodies that were delivered and never answered 2xx."""
        accepted = self.answered_2xx
        return [
            body for body in {delivery.body: None for delivery in self.deliveries} if body not in accepted
        ]

    def accepted_since(self, moment: float) -> bool:
        return any(delivery.accepted and delivery.begun > moment for delivery in self.deliveries[-100:])

    def deliver(self, body: bytes | None = None) -> Delivery:
        """Deliver a body, or the next event; record the answer, and return it."""
        if body is None:
            with self._turn:
                body = next(self._bodies)
        begun = time.monotonic()
        connection = HTTPConnection(HOST, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._path, body, self._headers(body))
            answer = connection.getresponse()
            answer.read()
            result = (answer.status, answer.headers.get("Retry-After", ""), "")
        except (OSError, HTTPException) as error:
            result = (0, "", type(error).__name__)
        finally:
            connection.close()
        delivery = Delivery(body, begun, time.monotonic() - begun, *result)
        self.deliveries.append(delivery)
        return delivery

    @contextmanager
    def delivering(self, rate: float) -> Iterator[None]:
        """Deliver at `rate` a second while the context lasts."""
        is_over = threading.Event()
        slots = self._slots(rate)
        threads = [threading.Thread(target=self._run, args=(slots, is_over)) for _ in range(SENDER_THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    def redeliver(self) -> Counter[int]:
        """Deliver once more what was never answered 2xx; return how often each status came."""
        return Counter(self.deliver(body).status for body in self.unaccepted)

    def _run(self, slots: Iterator[float], is_over: threading.Event) -> None:
        while not is_over.is_set():
            with self._turn:
                due = next(slots)
            if is_over.wait(max(0.0, due - time.monotonic())):
                return
            self.deliver()

    def _slots(self, rate: float) -> Iterator[float]:
        """Yield the times at which deliveries are due."""
        begun = time.monotonic()
        number = 0
        while True:
            yield begun + number / rate
            number += 1

    def _headers(self, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        name = f"msg_{len(self.deliveries)}"
        return {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._secret).sign(name, now, body.decode()),
        }


def create_vendor(mirror: FaultyMirror, events: int) -> SteadySender:
    """Create a source in the mirror; return its vendor."""
    options = ("--vendor", VENDOR, "--scheme", "standard-webhooks", "--json")
    status, output = mirror.terminal.run("create_source", "faults", *options)
    assert status == 0, output
    source = json.loads(output)
    return SteadySender(mirror.mirror.port, source["path"], source["secret"], events)

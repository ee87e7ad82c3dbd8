"""A vendor that delivers distinct events at a steady pace, and remembers what it was answered."""

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

HOST = "127.0.0.1"
VENDOR = min(path.name for path in SAMPLES.iterdir() if path.is_dir())
SEED = 7
# More of them than deliveries begin while one waits for a database that hangs.
THREADS = 48
# Longer than the endpoint may take for any answer: no answer by then is a failure of its own.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Delivery:
    """status: 0 where no answer came, and `error` is why. begun: by the monotonic clock."""

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
    """Posts each event once, over a connection of its own; what was refused, again when it is asked to.

    events: how many there are to deliver.
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
    def owed(self) -> list[bytes]:
        """What was delivered and never answered 2xx."""
        accepted = self.answered_2xx
        return [
            body for body in {delivery.body: None for delivery in self.deliveries} if body not in accepted
        ]

    def accepted_since(self, moment: float) -> bool:
        return any(delivery.accepted and delivery.begun > moment for delivery in self.deliveries[-100:])

    def deliver(self, body: bytes | None = None) -> Delivery:
        if body is None:
            with self._turn:
                body = next(self._bodies)
        begun = time.monotonic()
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", self._path, body, self._headers(body))
            answer = connection.getresponse()
            answer.read()
            told = (answer.status, answer.headers.get("Retry-After", ""), "")
        except (OSError, HTTPException) as error:
            told = (0, "", type(error).__name__)
        finally:
            connection.close()
        delivery = Delivery(body, begun, time.monotonic() - begun, *told)
        self.deliveries.append(delivery)
        return delivery

    @contextmanager
    def delivering(self, rate: float) -> Iterator[None]:
        """`rate` deliveries a second, for as long as the context lasts."""
        over = threading.Event()
        slots = self._slots(rate)
        threads = [threading.Thread(target=self._run, args=(slots, over)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def redeliver(self) -> Counter[int]:
        """Once more what was never answered 2xx; how often each status came."""
        return Counter(self.deliver(body).status for body in self.owed)

    def _run(self, slots: Iterator[float], over: threading.Event) -> None:
        while not over.is_set():
            with self._turn:
                due = next(slots)
            if over.wait(max(0.0, due - time.monotonic())):
                return
            self.deliver()

    def _slots(self, rate: float) -> Iterator[float]:
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


def create_vendor(harmed: FaultyMirror, events: int) -> SteadySender:
    """One whose source is new in the mirror."""
    options = ("--vendor", VENDOR, "--scheme", "standard-webhooks", "--json")
    status, said = harmed.terminal.run("create_source", "faults", *options)
    assert status == 0, said
    source = json.loads(said)
    return SteadySender(harmed.mirror.port, source["path"], source["secret"], events)

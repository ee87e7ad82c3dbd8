"""Sends the vendor's webhooks, signed, one after the other, until each was accepted."""

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook

from tests.support.vendor_api.records import Change
from tests.support.vendor_api.resources import Resource, shape_webhook

RETRY_SECONDS = 0.2
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Subscription:
    """The address of webhooks, and the secret that signs them. events: their types; empty for all."""

    url: str
    secret: str
    events: tuple[str, ...] = ()


def keep_suffix(suffix: str) -> str:
    """Return the part of an id after its prefix, as webhooks write it: the same as the API's."""
    return suffix


def reverse_suffix(suffix: str) -> str:
    """Return another one than the API's, as a vendor may write whose two ids have nothing in common."""
    return suffix[::-1]


@dataclass(frozen=True)
class WebhookBodies:
    """Makes the bodies of webhooks. write_suffix: their ids from those of the API, without prefixes."""

    write_suffix: Callable[[str], str] = keep_suffix

    def make(self, change: Change) -> bytes:
        payload = shape_webhook(
            change.resource, change.record, self.write_id(change.resource, change.record["id"])
        )
        body = {"event": f"{change.resource.event}.{change.verb}", "timestamp": change.at, "payload": payload}
        return json.dumps(body).encode()

    def write_id(self, resource: Resource, record_id: str) -> str:
        """Return the id that webhooks write for the API's one."""
        return resource.webhook_prefix + self.write_suffix(record_id.removeprefix(resource.prefix))


class WebhookSender:
    """A thread that delivers the webhooks in order. withholds: returns True for those that never arrive.

    bodies: those that were accepted; withheld: those that were not sent.
    """

    def __init__(self, bodies: WebhookBodies | None = None) -> None:
        self.subscription: Subscription | None = None
        self.withholds: Callable[[Change], bool] = lambda change: False
        self.bodies: list[bytes] = []
        self.withheld: list[Change] = []
        self._maker = bodies or WebhookBodies()
        self._queue: queue.Queue[bytes] = queue.Queue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self, change: Change) -> None:
        """Take a change to be sent, if its kind of record has webhooks and somebody has subscribed."""
        subscription = self.subscription
        if not subscription or not change.resource.event:
            return
        if subscription.events and f"{change.resource.event}.{change.verb}" not in subscription.events:
            return
        if self.withholds(change):
            self.withheld.append(change)
        else:
            self._queue.put(self._maker.make(change))

    def drain(self) -> None:
        """Wait until all webhooks so far were accepted."""
        self._queue.join()

    def stop(self) -> None:
        """Stop; what was not accepted yet is lost."""
        self._stopped.set()

    def _run(self) -> None:
        while True:
            body = self._queue.get()
            while not self._stopped.is_set() and not self._deliver(body):
                time.sleep(RETRY_SECONDS)
            self._queue.task_done()

    def _deliver(self, body: bytes) -> bool:
        """Send one; return True if it was accepted."""
        assert self.subscription is not None
        url = urlsplit(self.subscription.url)
        connection = HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", url.path, body, sign(self.subscription.secret, body))
            is_accepted = connection.getresponse().status in (200, 202)
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        if is_accepted:
            self.bodies.append(body)
        return is_accepted


def sign(secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a signed delivery (Standard Webhooks)."""
    at = datetime.now(UTC)
    message_id = f"msg_{time.monotonic_ns()}"
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }

"""Delivers events as a vendor would: signed, posted, over one connection that is kept open."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from events import signatures
from events.signatures import SignatureSettings

TIMEOUT_SECONDS = 30.0
CONNECTIONS = {"http": HTTPConnection, "https": HTTPSConnection}
HEADERS = {"Content-Type": "application/json", "User-Agent": "crmmirror-deliver"}


class EndpointUnreachable(Exception):
    """Nothing answers at the URL; the message says which and why."""


@dataclass(frozen=True)
class DeliveryAnswer:
    """What the endpoint said.

    status: HTTP's. outcome: accepted, duplicate or malformed; empty where the delivery was refused.
    event: its id, where it is stored. detail: why it is malformed, or refused; else empty.
    """

    status: int
    outcome: str
    event: int | None = None
    detail: str = ""


class WebhookClient:
    """Posts to one source's address; `secret` is one of its active ones, or empty."""

    def __init__(
        self, url: str, path: str, source: SignatureSettings, secret: str, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._connection, base = _opened(url, timeout)
        self._url = url
        self._path = base + path
        self._source = source
        self._secret = secret

    def deliver(self, body: bytes) -> DeliveryAnswer:
        """Raises Unreachable. A kept connection that the server has closed is opened anew, once."""
        headers = HEADERS | signatures.sign(self._source, self._secret, body)
        try:
            if self._connection.sock is not None:
                try:
                    return self._post(body, headers)
                except (HTTPException, ConnectionError):
                    self._connection.close()
            return self._post(body, headers)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise EndpointUnreachable(f"{self._url} does not answer: {_words(error)}") from error

    def _post(self, body: bytes, headers: dict[str, str]) -> DeliveryAnswer:
        self._connection.request("POST", self._path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        return _answer(response.status, content)

    def close(self) -> None:
        self._connection.close()


def limit_rate(bodies: Sequence[bytes], rate: float | None) -> Iterator[bytes]:
    """The bodies, no more than `rate` a second where one is given."""
    started = time.monotonic()
    for number, body in enumerate(bodies):
        if rate:
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
        yield body


def _opened(url: str, timeout: float) -> tuple[HTTPConnection, str]:
    """A connection, which connects when it is used, and the path below which the mirror is served."""
    try:
        parts = urlsplit(url)
        connection = CONNECTIONS[parts.scheme](parts.hostname or "", parts.port, timeout=timeout)
    except (ValueError, KeyError, HTTPException):
        raise EndpointUnreachable(f"{url} is no address: it should read like http://127.0.0.1:8000") from None
    return connection, parts.path.rstrip("/")


def _answer(status: int, content: bytes) -> DeliveryAnswer:
    """Of whatever answers at the address: it need not be the mirror."""
    try:
        told = json.loads(content)
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    event = told.get("event")
    outcome = str(told.get("status", "")) if status < 300 else ""
    return DeliveryAnswer(
        status, outcome, event if isinstance(event, int) else None, str(told.get("detail", ""))
    )


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

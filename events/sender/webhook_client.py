"""An HTTP client that delivers events as a vendor would: signed, over one connection that is kept open."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import create_default_context
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from entities.vendors import get_vendor
from events import signatures
from events.signatures import SignatureSettings
from events.sources.public_address import public_url

TIMEOUT_SECONDS = 30.0
USER_AGENT = "crmmirror-deliver"


class EndpointUnreachable(Exception):
    """Nothing answers at the URL; the message has the URL and the reason."""


@dataclass(frozen=True)
class DeliveryAnswer:
    """The endpoint's answer to one delivery.

    status: the HTTP status. outcome: accepted, duplicate or malformed; empty if the delivery was refused.
    event: the id of the event, if it was stored. detail: why it is malformed or was refused, else empty.
    """

    status: int
    outcome: str
    event: int | None = None
    detail: str = ""


class WebhookClient:
    """Posts to one source's address, and follows no redirect, as vendors do not.

    secret: an active one, or a trial key, or empty if the source needs none. Over https, the certificate must
    be one that WEB_CA_FILE trusts or, without that setting, the machine.
    """

    def __init__(
        self, url: str, path: str, source: SignatureSettings, secret: str, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """Prepare the connection, which opens at the first delivery.

        Raises EndpointUnreachable and UnusableVendor.
        """
        self._connection, base_path = _prepare_connection(url, timeout)
        self._url = url
        self._path = base_path + path
        # What a vendor signs is the public address, whatever way this client takes.
        self._public_url = public_url(path)
        self._source = source
        self._secret = secret
        self._headers = {
            "Content-Type": get_vendor(source.vendor).body_format.value,
            "User-Agent": USER_AGENT,
        }

    def deliver(self, body: bytes) -> DeliveryAnswer:
        """Sign and post one body. Raises EndpointUnreachable and UnfitSecret."""
        signed = signatures.sign_delivery(self._source, self._secret, body, url=self._public_url)
        try:
            return self._post_reconnecting(signed.body, self._headers | signed.headers)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise EndpointUnreachable(f"{self._url} does not answer: {_describe_error(error)}") from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post_reconnecting(self, body: bytes, headers: dict[str, str]) -> DeliveryAnswer:
        """Post; reconnect once if the connection is an old one, which the server may have closed."""
        if self._connection.sock is not None:
            try:
                return self._post(body, headers)
            except (HTTPException, ConnectionError):
                self._connection.close()
        return self._post(body, headers)

    def _post(self, body: bytes, headers: dict[str, str]) -> DeliveryAnswer:
        self._connection.request("POST", self._path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        return _parse_answer(response.status, content)


def limit_rate(bodies: Sequence[bytes], rate: float | None) -> Iterator[bytes]:
    """Yield the bodies, at most `rate` a second; without a pause if it is None."""
    started = time.monotonic()
    for number, body in enumerate(bodies):
        if rate:
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
        yield body


def _connect_plainly(host: str, port: int | None, timeout: float) -> HTTPConnection:
    return HTTPConnection(host, port, timeout=timeout)


def _connect_by_tls(host: str, port: int | None, timeout: float) -> HTTPConnection:
    context = create_default_context(cafile=settings.WEB_CA_FILE or None)
    return HTTPSConnection(host, port, timeout=timeout, context=context)


CONNECTIONS = {"http": _connect_plainly, "https": _connect_by_tls}


def _prepare_connection(url: str, timeout: float) -> tuple[HTTPConnection, str]:
    """Return a connection that is not open yet, and the path under which the mirror is served.

    Raises EndpointUnreachable.
    """
    try:
        parts = urlsplit(url)
        connect = CONNECTIONS[parts.scheme]
        connection = connect(parts.hostname or "", parts.port, timeout)
    except (ValueError, KeyError, HTTPException):
        raise EndpointUnreachable(f"{url} is not a URL: write it like http://127.0.0.1:8000") from None
    except OSError as error:
        raise EndpointUnreachable(f"WEB_CA_FILE cannot be read: {_describe_error(error)}") from error
    return connection, parts.path.rstrip("/")


def _parse_answer(status: int, content: bytes) -> DeliveryAnswer:
    """Parse the answer of whatever server is at the address: it need not be the mirror."""
    answer = _parse_object(content)
    event = answer.get("event")
    return DeliveryAnswer(
        status=status,
        outcome=str(answer.get("status", "")) if status < 300 else "",
        event=event if isinstance(event, int) else None,
        detail=str(answer.get("detail", "")),
    )


def _parse_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _describe_error(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

"""Lingering close: reads and drops what a sender still sends after its answer, so that the answer arrives.

Most refusals are answered before the body is read. Granian then closes the connection, and the kernel tells
a sender that still sends that the connection is broken. A proxy that has not seen the answer by then reports
502 to its client, and nginx passes nothing to that process for the next 10 seconds.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import Semaphore
from typing import Any

from django.http.response import HttpResponseBase

from crmmirror.lib.web.content_length import has_body

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], HttpResponseBase]
# Larger chunks take fewer turns at the interpreter lock, for which deliveries wait too.
CHUNK_BYTES = 256 * 1024
# What is read beyond the answer: more than a source accepts unless its limit is raised, and longer than
# a proxy takes to pass it on.
MAX_DRAINED_BYTES = 32 * 1024 * 1024
MAX_DRAIN_SECONDS = 10
# How many senders a process drains at a time. Behind a proxy each takes milliseconds, but a burst of bodies
# that the proxy has taken in arrives at once, and for each that is not drained nginx takes the process for
# dead. Without a proxy, so many stalled senders hold as many threads. There is no limit for a client: a proxy
# sends the bodies of all strangers.
MAX_DRAINS = 192
_drains = Semaphore(MAX_DRAINS)


def linger(application: Application) -> Callable[..., Iterable[bytes]]:
    """Wrap Django's WSGI application: send the whole answer, then drop the rest of the body."""

    def lingering_application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return send_lingering(application(environ, start_response), environ)

    return lingering_application


def send_lingering(response: HttpResponseBase, environ: Environ) -> Iterable[bytes]:
    """Return the chunks of a response, after which the rest of the body is dropped, if any may be unread."""
    return _send_and_drain(response, environ) if _may_be_unread(environ, response) else response


def _may_be_unread(environ: Environ, response: HttpResponseBase) -> bool:
    """Return False if the request has no body, or a view has certainly read it.

    A sender that waits for "100 Continue" sends no body after a refusal, so there is nothing to wait for.
    """
    if not has_body(environ) or environ.get("HTTP_EXPECT", "").lower() == "100-continue":
        return False
    # Speed: a delivery that is accepted was read to its end.
    return environ["REQUEST_METHOD"] != "POST" or response.status_code >= 300


def _send_and_drain(response: HttpResponseBase, environ: Environ) -> Iterator[bytes]:
    """Yield the response, end it, which gives its database connection back, and then drain the body.

    Granian closes this iterator instead of reading it to its end if the response is empty.
    """
    try:
        yield from response
    finally:
        response.close()
        if _drains.acquire(blocking=False):
            try:
                with suppress(OSError):
                    _drain(environ["wsgi.input"])
            finally:
                _drains.release()


def _drain(wsgi_input: Any) -> None:
    """Read to the end of the body or to the bounds.

    The time is looked at between two reads: a read itself ends only when its bytes, or the sender's end, have
    come. MAX_DRAINS bounds how many senders a process waits for that way.
    """
    remaining = MAX_DRAINED_BYTES
    deadline = time.monotonic() + MAX_DRAIN_SECONDS
    while remaining > 0 and time.monotonic() < deadline:
        chunk = wsgi_input.read(CHUNK_BYTES)
        if not chunk:
            return
        remaining -= len(chunk)

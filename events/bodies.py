"""Reads the body of a request from the server, whole and bounded; Django's own reading of it would
leave a chunked body empty."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest

from events import waiting
from events.problems import Reason, Refused

READ_BYTES = 64 * 1024
# More digits than any length has; `int` refuses thousands of them.
MAX_LENGTH_DIGITS = 18


def read(request: HttpRequest, limit: int) -> bytes:
    """The exact bytes, at least one and at most `limit`. Raises Refused.

    A chunked body that breaks off looks complete under WSGI: the signature or the JSON tells.
    """
    length = _declared_length(request)
    if length is not None and length > limit:
        raise _too_large(limit)
    body = within(limit, _awaited(request, limit + 1 if length is None else length))
    if length is not None and len(body) < length:
        raise Refused(Reason.SHORT_BODY, f"The body has {len(body)} of the {length} bytes announced.")
    if not body:
        raise Refused(Reason.SHORT_BODY, "The body is empty.")
    return body


def within(limit: int, body: bytes) -> bytes:
    """The body, of at most `limit` bytes. Raises Refused."""
    if len(body) > limit:
        raise _too_large(limit)
    return body


def announced_bytes(environ: Mapping[str, Any]) -> int | None:
    """The Content-Length; None where there is none, or it is no number. environ: the request's, by WSGI."""
    length = environ.get("CONTENT_LENGTH") or ""
    is_number = length.isascii() and length.isdecimal() and len(length) <= MAX_LENGTH_DIGITS
    return int(length) if is_number else None


def _too_large(limit: int) -> Refused:
    return Refused(Reason.SIZE, f"The body is larger than the source's limit of {limit} bytes.")


def _declared_length(request: HttpRequest) -> int | None:
    """None where only the end of the input tells: chunked, and HTTP/2."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return None
    if not request.META.get("CONTENT_LENGTH"):
        return None if request.META.get("wsgi.input_terminated") else 0
    length = announced_bytes(request.META)
    if length is None:
        raise Refused(Reason.SHORT_BODY, "The Content-Length is not a number.")
    return length


def _awaited(request: HttpRequest, size: int) -> bytes:
    """Up to `size` bytes. Raises Refused where too many slow senders are waited for already."""
    try:
        with waiting.of_deliveries.taken(request.META):
            return b"".join(_pieces(request, size))
    except waiting.TooMany:
        raise Refused(Reason.UNAVAILABLE, "Too many bodies are still being sent; try again.") from None


def _pieces(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Up to `size` bytes; fewer where the sender stops or hangs up."""
    source = request.META["wsgi.input"]
    while size > 0:
        try:
            piece = source.read(min(size, READ_BYTES))
        except OSError as error:
            raise Refused(Reason.SHORT_BODY, "The body broke off.") from error
        if not piece:
            return
        size -= len(piece)
        yield piece

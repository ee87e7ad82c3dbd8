"""Reads the whole body of a request, up to a limit; Django itself would read a chunked body as empty."""

from collections.abc import Iterator

from django.http import HttpRequest

from crmmirror.lib.web.content_length import announced_bytes
from crmmirror.lib.web.upload_slots import NoFreeSlot, delivery_slots
from events.refusals.reasons import RefusalReason, Refused

CHUNK_BYTES = 64 * 1024


def read_body(request: HttpRequest, limit: int) -> bytes:
    """Return the exact bytes of the body, at least one. Raises Refused.

    Of a body that is larger than `limit`, and whose size was not announced, one byte more than that is read.
    A chunked body that ends early looks complete to WSGI: only the check of its signature or its JSON fails.
    """
    announced = _announced_size(request)
    if announced is not None:
        check_size(announced, limit)
    body = _read_in_slot(request, limit + 1 if announced is None else announced)
    if announced is not None and len(body) < announced:
        detail = f"The body has {len(body)} of the {announced} bytes announced."
        raise Refused(RefusalReason.SHORT_BODY, detail)
    if not body:
        raise Refused(RefusalReason.SHORT_BODY, "The body is empty.")
    return body


def check_size(size: int, limit: int) -> None:
    """Raise Refused if a body of `size` bytes is larger than the source's limit."""
    if size > limit:
        raise Refused(RefusalReason.SIZE, f"The body is larger than the source's limit of {limit} bytes.")


def _announced_size(request: HttpRequest) -> int | None:
    """Return the announced size; None if only the end of the input shows it (chunked, HTTP/2)."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return None
    if not request.META.get("CONTENT_LENGTH"):
        return None if request.META.get("wsgi.input_terminated") else 0
    size = announced_bytes(request.META)
    if size is None:
        raise Refused(RefusalReason.SHORT_BODY, "The Content-Length is not a number.")
    return size


def _read_in_slot(request: HttpRequest, size: int) -> bytes:
    """Read up to `size` bytes while holding an upload slot. Raises Refused if all slots are in use."""
    try:
        with delivery_slots.hold(request.META):
            return b"".join(_read_chunks(request, size))
    except NoFreeSlot:
        detail = "Too many request bodies are still being sent; try again later."
        raise Refused(RefusalReason.UNAVAILABLE, detail) from None


def _read_chunks(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Yield up to `size` bytes; fewer if the sender stops or closes the connection."""
    wsgi_input = request.META["wsgi.input"]
    while size > 0:
        try:
            chunk = wsgi_input.read(min(size, CHUNK_BYTES))
        except OSError as error:
            detail = "The connection broke before the whole body was received."
            raise Refused(RefusalReason.SHORT_BODY, detail) from error
        if not chunk:
            return
        size -= len(chunk)
        yield chunk

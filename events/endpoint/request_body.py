"""Reads the body of a request from the server, whole and bounded; Django's own reading of it would
leave a chunked body empty."""

from collections.abc import Iterator

from django.http import HttpRequest

from crmmirror.lib.content_length import announced_bytes
from crmmirror.lib.upload_slots import NoFreeSlot, delivery_slots
from events.refusals.reasons import RefusalReason, Refused

CHUNK_BYTES = 64 * 1024


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The exact bytes, at least one and at most `limit`. Raises Refused.

    A chunked body that breaks off looks complete under WSGI: the signature or the JSON tells.
    """
    length = _declared_length(request)
    if length is not None and length > limit:
        raise _too_large(limit)
    body = check_body_size(limit, _awaited(request, limit + 1 if length is None else length))
    if length is not None and len(body) < length:
        raise Refused(RefusalReason.SHORT_BODY, f"The body has {len(body)} of the {length} bytes announced.")
    if not body:
        raise Refused(RefusalReason.SHORT_BODY, "The body is empty.")
    return body


def check_body_size(limit: int, body: bytes) -> bytes:
    """The body, of at most `limit` bytes. Raises Refused."""
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> Refused:
    return Refused(RefusalReason.SIZE, f"The body is larger than the source's limit of {limit} bytes.")


def _declared_length(request: HttpRequest) -> int | None:
    """None where only the end of the input tells: chunked, and HTTP/2."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return None
    if not request.META.get("CONTENT_LENGTH"):
        return None if request.META.get("wsgi.input_terminated") else 0
    length = announced_bytes(request.META)
    if length is None:
        raise Refused(RefusalReason.SHORT_BODY, "The Content-Length is not a number.")
    return length


def _awaited(request: HttpRequest, size: int) -> bytes:
    """Up to `size` bytes. Raises Refused where too many slow senders are waited for already."""
    try:
        with delivery_slots.hold(request.META):
            return b"".join(_pieces(request, size))
    except NoFreeSlot:
        raise Refused(RefusalReason.UNAVAILABLE, "Too many bodies are still being sent; try again.") from None


def _pieces(request: HttpRequest, size: int) -> Iterator[bytes]:
    """Up to `size` bytes; fewer where the sender stops or hangs up."""
    source = request.META["wsgi.input"]
    while size > 0:
        try:
            piece = source.read(min(size, CHUNK_BYTES))
        except OSError as error:
            raise Refused(RefusalReason.SHORT_BODY, "The body broke off.") from error
        if not piece:
            return
        size -= len(piece)
        yield piece

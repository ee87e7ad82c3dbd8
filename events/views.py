"""The webhook endpoint: authentic deliveries become events, all else is refused."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from entities.settle import is_transient
from events import (
    admission,
    bodies,
    insertion,
    intake,
    metrics,
    problems,
    rejections,
    signatures,
    sources,
    wakeups,
)
from events.headers import Headers
from events.intake import Outcome, Stored
from events.outages import Outage
from events.problems import Reason, Refused
from events.secrets import NoEncryptionKey
from events.sources import Addressee

log = structlog.get_logger(__name__)

UNENCODED = ("", "identity")
NOT_STORED = "The event could not be stored; try again."
STATUS = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200, Outcome.MALFORMED: 202}

database = Outage("database")
encryption_key = Outage("encryption_key")


@dataclass
class Delivery:
    """A request whose body can be read but once, and may be asked for again."""

    request: HttpRequest
    _read: bytes | None = None

    @property
    def headers(self) -> Headers:
        return Headers(self.request)

    def body(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes. Raises Refused."""
        if self._read is None:
            self._read = bodies.read(self.request, limit)
        return bodies.within(limit, self._read)


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, uuid: UUID | None = None) -> HttpResponse:
    """uuid: the source's; None for an address that is no source's."""
    try:
        stored = _take_in(request, uuid)
    except Refused as refused:
        return _refuse(request, refused)
    except Error as error:
        _note_fault(error)
        return _refuse(request, Refused(Reason.UNAVAILABLE, NOT_STORED))
    database.over()
    if stored.outcome is Outcome.ACCEPTED:
        wakeups.wake()
    return _answer(stored)


def _note_fault(error: Error) -> None:
    """What the database holds against one event keeps nobody else's out."""
    if is_transient(error):
        database.began(error)
    else:
        log.error("delivery_not_stored", error=type(error).__name__)


def _take_in(request: HttpRequest, uuid: UUID | None) -> Stored:
    """By what is remembered of the source first, and what is refused so is looked at again if that was
    not true any more. Whatever is stored is confirmed to be true still: a body may take its time."""
    if request.method != "POST":
        raise Refused(Reason.METHOD, "Post the event to this address.")
    if not database.may_try():
        raise Refused(Reason.UNAVAILABLE, NOT_STORED)
    delivery = Delivery(request)
    known = sources.remembered(uuid) if uuid else None
    if known is not None:
        try:
            return _offer(delivery, known)
        except (Refused, insertion.Stale):
            if (source := _look_up(uuid)) == known:
                raise
    else:
        source = _look_up(uuid)
    while source is not None:
        _spare_connection()
        try:
            return _offer(delivery, source)
        except insertion.Stale:
            source = _look_up(uuid)
    raise Refused(Reason.UNKNOWN_SOURCE, "No active source has this address.")


def _look_up(uuid: UUID | None) -> Addressee | None:
    return sources.at_address(uuid) if uuid else None


def _offer(delivery: Delivery, source: Addressee) -> Stored:
    try:
        admission.admit(source, delivery.request.META)
        body = _authentic_body(delivery, source)
        admission.charge(source)
    except Refused as refused:
        refused.source, refused.source_id = source.slug, source.id
        raise
    stored = intake.store(source, body, delivery.headers, datetime.now(UTC), source.version)
    metrics.delivered(source.slug, stored.outcome)
    return stored


def _authentic_body(delivery: Delivery, source: Addressee) -> bytes:
    headers = delivery.headers
    if headers.get("Content-Encoding", "").strip().lower() not in UNENCODED:
        raise Refused(Reason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    body = delivery.body(source.max_body_bytes)
    try:
        signatures.verify(source, _secrets(source), body, headers)
    except signatures.OutsideWindow as unproven:
        raise Refused(Reason.TIMESTAMP, str(unproven)) from None
    except signatures.Unproven as unproven:
        raise Refused(Reason.SIGNATURE, str(unproven)) from None
    return body


def _spare_connection() -> None:
    """A slow body holds none: only a source that is not remembered has taken one before its body."""
    if not connection.in_atomic_block:
        connection.close()


def _secrets(source: Addressee) -> list[str]:
    try:
        active = source.secrets()
    except NoEncryptionKey as error:
        encryption_key.began(error)
        raise Refused(Reason.UNAVAILABLE, "The signature cannot be checked now; try again.") from None
    encryption_key.over()
    return active


def _refuse(request: HttpRequest, refused: Refused) -> HttpResponse:
    rejections.note(refused, request.META)
    return problems.refuse(refused)


def _answer(stored: Stored) -> HttpResponse:
    content = {"status": stored.outcome, "event": stored.event_id}
    if stored.outcome is Outcome.MALFORMED:
        content["detail"] = stored.detail
    return HttpResponse(json.dumps(content), content_type="application/json", status=STATUS[stored.outcome])

"""The webhook endpoint: authentic deliveries become events, all else is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import BoundedSemaphore
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from events import admission, bodies, intake, metrics, problems, rejections, signatures, sources, wakeups
from events.intake import Outcome, Stored
from events.outages import Outage
from events.problems import Reason, Refused
from events.secrets import NoEncryptionKey
from events.sources import Addressee

UNENCODED = ("", "identity")
STATUS = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200, Outcome.MALFORMED: 202}

database = Outage("database")
encryption_key = Outage("encryption_key")
# How many requests may hold a connection to the database while their body comes in; to hand it back
# and take another costs a round trip.
keepers = BoundedSemaphore(4)


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, uuid: UUID | None = None) -> HttpResponse:
    """uuid: the source's; None for an address that is no source's."""
    try:
        stored = _take_in(request, uuid)
    except Refused as refused:
        return _refuse(request, refused)
    except DatabaseError as error:
        database.began(error)
        return _refuse(request, Refused(Reason.UNAVAILABLE, "The event could not be stored; try again."))
    database.over()
    if stored.outcome is Outcome.ACCEPTED:
        wakeups.wake()
    return _answer(stored)


def _take_in(request: HttpRequest, uuid: UUID | None) -> Stored:
    if request.method != "POST":
        raise Refused(Reason.METHOD, "Post the event to this address.")
    source = sources.at_address(uuid) if uuid else None
    if source is None:
        raise Refused(Reason.UNKNOWN_SOURCE, "No active source has this address.")
    try:
        admission.admit(source, request.META)
        body = _authentic_body(request, source)
        admission.charge(source)
    except Refused as refused:
        refused.source, refused.source_id = source.slug, source.id
        raise
    stored = intake.store(source, body, request.headers, datetime.now(UTC))
    metrics.delivered(source.slug, stored.outcome)
    return stored


def _authentic_body(request: HttpRequest, source: Addressee) -> bytes:
    if request.headers.get("Content-Encoding", "").strip().lower() not in UNENCODED:
        raise Refused(Reason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    with _connection_spared():
        body = bodies.read(request, source.max_body_bytes)
    try:
        signatures.verify(source, _secrets(source), body, request.headers)
    except signatures.OutsideWindow as unproven:
        raise Refused(Reason.TIMESTAMP, str(unproven)) from None
    except signatures.Unproven as unproven:
        raise Refused(Reason.SIGNATURE, str(unproven)) from None
    return body


@contextmanager
def _connection_spared() -> Iterator[None]:
    """So that slow bodies do not hold all of the pool: few requests keep their connection meanwhile."""
    keeps = keepers.acquire(blocking=False)
    if not keeps and not connection.in_atomic_block:
        connection.close()
    try:
        yield
    finally:
        if keeps:
            keepers.release()


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


def _answer(stored: Stored) -> JsonResponse:
    content = {"status": stored.outcome, "event": stored.event_id}
    if stored.outcome is Outcome.MALFORMED:
        content["detail"] = stored.detail
    return JsonResponse(content, status=STATUS[stored.outcome])

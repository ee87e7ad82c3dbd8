"""The webhook endpoint: authentic deliveries become events, all else is refused."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.transient_errors import is_transient
from events import signatures
from events.endpoint.admission import check_admission, consume_rate_limit
from events.endpoint.request_body import check_body_size, read_body
from events.endpoint.request_headers import RequestHeaders
from events.ingest.insert import SourceChanged
from events.ingest.store import StoredDelivery, StoreResult, store_event
from events.monitoring.metrics import count_delivery
from events.processing import wakeups
from events.refusals.reasons import RefusalReason, Refused
from events.refusals.recorder import record_refusal
from events.refusals.responses import refusal_response
from events.signatures import NotAuthentic, TimestampOutsideWindow
from events.sources.encryption import NoEncryptionKey
from events.sources.lookup import ActiveSource, find_active_source, get_cached_source

log = structlog.get_logger(__name__)

IDENTITY_ENCODINGS = ("", "identity")
NOT_STORED = "The event could not be stored; try again."
STATUS_CODES = {StoreResult.ACCEPTED: 202, StoreResult.DUPLICATE: 200, StoreResult.MALFORMED: 202}

database_circuit = CircuitBreaker("database")
encryption_circuit = CircuitBreaker("encryption_key")


@dataclass
class DeliveryRequest:
    """A request whose body can be read but once, and may be asked for again."""

    request: HttpRequest
    _read: bytes | None = None

    @property
    def headers(self) -> RequestHeaders:
        return RequestHeaders(self.request)

    def body(self, limit: int) -> bytes:
        """At least one and at most `limit` bytes. Raises Refused."""
        if self._read is None:
            self._read = read_body(self.request, limit)
        return check_body_size(limit, self._read)


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
        return _refuse(request, Refused(RefusalReason.UNAVAILABLE, NOT_STORED))
    database_circuit.record_success()
    if stored.outcome is StoreResult.ACCEPTED:
        wakeups.wake()
    return _answer(stored)


def _note_fault(error: Error) -> None:
    """What the database holds against one event keeps nobody else's out."""
    if is_transient(error):
        database_circuit.record_failure(error)
    else:
        log.error("delivery_not_stored", error=type(error).__name__)


def _take_in(request: HttpRequest, uuid: UUID | None) -> StoredDelivery:
    """By what is remembered of the source first, and what is refused so is looked at again if that was
    not true any more. Whatever is stored is confirmed to be true still: a body may take its time."""
    if request.method != "POST":
        raise Refused(RefusalReason.METHOD, "Post the event to this address.")
    if not database_circuit.allows_call():
        raise Refused(RefusalReason.UNAVAILABLE, NOT_STORED)
    delivery = DeliveryRequest(request)
    known = get_cached_source(uuid) if uuid else None
    if known is not None:
        try:
            return _offer(delivery, known)
        except (Refused, SourceChanged):
            if (source := _look_up(uuid)) == known:
                raise
    else:
        source = _look_up(uuid)
    while source is not None:
        _spare_connection()
        try:
            return _offer(delivery, source)
        except SourceChanged:
            source = _look_up(uuid)
    raise Refused(RefusalReason.UNKNOWN_SOURCE, "No active source has this address.")


def _look_up(uuid: UUID | None) -> ActiveSource | None:
    return find_active_source(uuid) if uuid else None


def _offer(delivery: DeliveryRequest, source: ActiveSource) -> StoredDelivery:
    try:
        check_admission(source, delivery.request.META)
        body = _authentic_body(delivery, source)
        consume_rate_limit(source)
    except Refused as refused:
        refused.source, refused.source_id = source.slug, source.id
        raise
    stored = store_event(source, body, delivery.headers, datetime.now(UTC), source.version)
    count_delivery(source.slug, stored.outcome)
    return stored


def _authentic_body(delivery: DeliveryRequest, source: ActiveSource) -> bytes:
    headers = delivery.headers
    if headers.get("Content-Encoding", "").strip().lower() not in IDENTITY_ENCODINGS:
        raise Refused(RefusalReason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    body = delivery.body(source.max_body_bytes)
    try:
        signatures.verify(source, _secrets(source), body, headers)
    except TimestampOutsideWindow as unproven:
        raise Refused(RefusalReason.TIMESTAMP, str(unproven)) from None
    except NotAuthentic as unproven:
        raise Refused(RefusalReason.SIGNATURE, str(unproven)) from None
    return body


def _spare_connection() -> None:
    """A slow body holds none: only a source that is not remembered has taken one before its body."""
    if not connection.in_atomic_block:
        connection.close()


def _secrets(source: ActiveSource) -> list[str]:
    try:
        active = source.secrets()
    except NoEncryptionKey as error:
        encryption_circuit.record_failure(error)
        raise Refused(RefusalReason.UNAVAILABLE, "The signature cannot be checked now; try again.") from None
    encryption_circuit.record_success()
    return active


def _refuse(request: HttpRequest, refused: Refused) -> HttpResponse:
    record_refusal(refused, request.META)
    return refusal_response(refused)


def _answer(stored: StoredDelivery) -> HttpResponse:
    content = {"status": stored.outcome, "event": stored.event_id}
    if stored.outcome is StoreResult.MALFORMED:
        content["detail"] = stored.detail
    return HttpResponse(
        json.dumps(content), content_type="application/json", status=STATUS_CODES[stored.outcome]
    )

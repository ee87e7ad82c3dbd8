"""The view of the webhook endpoint: authentic deliveries are stored as events, all others are refused."""

from uuid import UUID

import orjson
import structlog
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.database.transient_errors import is_transient
from events.endpoint.delivery_request import DeliveryRequest
from events.endpoint.intake import store_delivery
from events.ingest.store import StoredDelivery, StoreResult
from events.processing import wakeups
from events.refusals.reasons import RefusalReason, Refused
from events.refusals.recorder import record_refusal
from events.refusals.responses import refusal_response

log = structlog.get_logger(__name__)

NOT_STORED = "The event could not be stored; try again."
STATUS_CODES = {StoreResult.ACCEPTED: 202, StoreResult.DUPLICATE: 200, StoreResult.MALFORMED: 202}

database_circuit = CircuitBreaker("database")


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, uuid: UUID | None = None) -> HttpResponse:
    """Store a delivery and answer it. uuid: the source's; None if the address belongs to no source."""
    try:
        _check_request(request)
        stored = store_delivery(DeliveryRequest(request), uuid)
    except Refused as refused:
        return _refuse(request, refused)
    except Error as error:
        _record_database_error(error)
        return _refuse(request, Refused(RefusalReason.UNAVAILABLE, NOT_STORED))
    database_circuit.record_success()
    if stored.outcome is StoreResult.ACCEPTED:
        wakeups.wake()
    return _answer(stored)


def _check_request(request: HttpRequest) -> None:
    if request.method != "POST":
        raise Refused(RefusalReason.METHOD, "Post the event to this address.")
    if not database_circuit.allows_call():
        raise Refused(RefusalReason.UNAVAILABLE, NOT_STORED)


def _record_database_error(error: Error) -> None:
    """Trip the circuit breaker by transient errors only: an error of one event must not block the others."""
    if is_transient(error):
        database_circuit.record_failure(error)
    else:
        log.error("delivery_not_stored", error=type(error).__name__)


def _refuse(request: HttpRequest, refused: Refused) -> HttpResponse:
    record_refusal(refused, request.META)
    return refusal_response(refused)


def _answer(stored: StoredDelivery) -> HttpResponse:
    content = {"status": stored.outcome, "event": stored.event_id}
    if stored.outcome is StoreResult.MALFORMED:
        content["detail"] = stored.detail
    return HttpResponse(
        orjson.dumps(content), content_type="application/json", status=STATUS_CODES[stored.outcome]
    )

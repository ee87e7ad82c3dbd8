"""The intake of a delivery: finds its source, checks the delivery against it, and stores the event."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from entities.vendors import UnusableVendor
from events.endpoint.admission import check_admission, consume_rate_limit
from events.endpoint.delivery_authentication import read_authentic_body
from events.endpoint.delivery_request import DeliveryRequest
from events.ingest.insert import SourceChanged
from events.ingest.store import StoredDelivery, store_event
from events.monitoring.metrics import count_delivery
from events.refusals.reasons import RefusalReason, Refused
from events.sources.lookup import ActiveSource, find_active_source, get_cached_source


def store_delivery(delivery: DeliveryRequest, uuid: UUID | None) -> StoredDelivery:
    """Store the event that was delivered to this address. Raises Refused and django.db.Error.

    uuid: the source's; None if the address belongs to no source.
    """
    stored = _store_for_current_source(delivery, uuid) if uuid else None
    if stored is None:
        raise Refused(RefusalReason.UNKNOWN_SOURCE, "No active source has this address.")
    return stored


def _store_for_current_source(delivery: DeliveryRequest, uuid: UUID) -> StoredDelivery | None:
    """Try the cached source, then the source as the database has it now; return None if there is none.

    A refusal by the cached source counts only if the source has not changed since. An event is stored only if
    its source is still unchanged (`version`): reading a slow body leaves time for a change.
    """
    cached = get_cached_source(uuid)
    source = cached or _find_source(uuid)
    while source is not None:
        try:
            return _store_for(source, delivery)
        except SourceChanged:
            source = _find_source(uuid)
        except Refused:
            current = _find_source(uuid) if source is cached else source
            if current == source:
                raise
            source = current
    return None


def _find_source(uuid: UUID) -> ActiveSource | None:
    source = find_active_source(uuid)
    # Speed: before the body is read, so that slow senders do not exhaust the pool. See docs/speed.md.
    _release_connection()
    return source


def _release_connection() -> None:
    """Give the connection back to the pool, which takes no round trip, unless a transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def _store_for(source: ActiveSource, delivery: DeliveryRequest) -> StoredDelivery:
    """Check the delivery against the source and store its event. Raises Refused and SourceChanged."""
    try:
        stored = _check_and_store(source, delivery)
    except Refused as refused:
        # A refusal is counted under the source.
        refused.source, refused.source_id = source.slug, source.id
        raise
    count_delivery(source.slug, stored.outcome)
    return stored


def _check_and_store(source: ActiveSource, delivery: DeliveryRequest) -> StoredDelivery:
    check_admission(source, delivery.request.META)
    try:
        body = read_authentic_body(delivery, source)
        if source.rate_limit:
            consume_rate_limit(source)
            # Deliveries that wait for a group commit must not hold the connection that its leader needs.
            _release_connection()
        return store_event(source, body, delivery.headers, datetime.now(UTC), source.version)
    except UnusableVendor as error:
        # Not malformed, which would be final: the vendor sends it again, to a process that can read it.
        detail = f"This process {error.problem}: restart the web processes."
        raise Refused(RefusalReason.UNAVAILABLE, detail) from None

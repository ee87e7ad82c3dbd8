"""A fetched record is stored once, as an event that no webhook can pretend to be."""

import pytest
from django.db import transaction
from django.utils import timezone

from entities.reading.fetched.fetched_envelope import FetchedRecord, encode_fetched
from entities.stored_events import Origin
from events.ingest.store import StoreResult, store_event
from events.ingest.store_fetched import StoredRecord, store_fetched
from events.models import Event, Source
from tests.support.random_histories import RECEIVED, ensure_source

pytestmark = pytest.mark.django_db

DEAL = FetchedRecord(Origin.API, "deals", {"id": "dl_1", "updatedAt": "2025-01-15T10:30:00Z"})


@pytest.fixture
def source() -> Source:
    return ensure_source("heffl")


def store(source: Source, *records: FetchedRecord) -> list[StoredRecord]:
    with transaction.atomic():
        return store_fetched(source, records, timezone.now())


def test_a_record_that_did_not_change_is_the_same_event(source: Source) -> None:
    (first,) = store(source, DEAL)
    again, other = store(source, DEAL, FetchedRecord(Origin.API, "deals", {"id": "dl_2"}, RECEIVED))
    assert (again.event_id, again.outcome) == (first.event_id, StoreResult.DUPLICATE)
    assert other.outcome is StoreResult.ACCEPTED
    event = Event.objects.get(pk=first.event_id)
    assert (event.origin, event.event_type, event.status) == ("api", "fetched.deals", "pending")
    assert event.occurred_at.isoformat() == "2025-01-15T10:30:00+00:00"


def test_two_equal_rows_of_one_page_are_one_event(source: Source) -> None:
    first, second = store(source, DEAL, DEAL)
    assert (first.outcome, second.outcome) == (StoreResult.ACCEPTED, StoreResult.DUPLICATE)
    assert first.event_id == second.event_id


def test_a_webhook_with_the_bytes_of_a_fetched_record_does_not_keep_it_out(source: Source) -> None:
    delivered = store_event(source, encode_fetched(DEAL), {}, timezone.now())
    assert delivered.outcome is StoreResult.MALFORMED
    (fetched,) = store(source, DEAL)
    assert fetched.outcome is StoreResult.ACCEPTED
    assert store(source, DEAL)[0] == StoredRecord(fetched.event_id, StoreResult.DUPLICATE)
    origins = dict(Event.objects.values_list("pk", "origin"))
    assert origins == {delivered.event_id: "webhook", fetched.event_id: "api"}


def test_a_row_that_is_no_object_is_malformed(source: Source) -> None:
    (stored,) = store(source, FetchedRecord(Origin.API, "deals", "text", RECEIVED))
    assert stored.outcome is StoreResult.MALFORMED
    assert "no object under 'record'" in stored.detail

"""Each rule of docs/convergence.md about events, by the fewest deliveries that show it."""

import json
from threading import Thread

import pytest
from django.db import connection

from entities.models import Deal, TimelineEntry
from entities.reading.mapped_event import MappedEvent
from entities.writing import process_batch
from entities.writing.apply import apply_mapped_events
from events.ingest.store import store_event
from events.models import Event
from events.processing import drain as draining
from events.processing.drain import drain_backlog
from tests.support.envelopes import build_body
from tests.support.random_histories import RECEIVED, ensure_source
from tests.support.vendor_requests import deliver, new_source

pytestmark = pytest.mark.django_db

WON = build_body("heffl", "deal.updated", {"id": "d", "status": "WON"})


def store(body: bytes, webhook_id: str = "", slug: str = "") -> Event:
    stored = store_event(ensure_source("heffl", slug), body, {"webhook-id": webhook_id}, RECEIVED)
    return Event.objects.get(pk=stored.event_id)


def process(body: bytes) -> Event:
    event = store(body)
    drain_backlog()
    event.refresh_from_db()
    return event


# An event is its bytes.


@pytest.mark.parametrize("body", [b" " + WON + b"\r\n", b'{"a": 1e999, "a": "\\u0000"}', b"\xff\x00 no JSON"])
def test_the_exact_body_is_stored_whatever_it_says(body: bytes) -> None:
    assert bytes(store(body).body) == body


def test_the_same_bytes_are_the_same_event_under_any_id() -> None:
    assert store(WON, "msg_1") == store(WON, "msg_2")
    assert Event.objects.count() == 1


def test_other_bytes_are_another_event_under_the_same_id() -> None:
    assert store(WON, "msg_1") != store(WON + b" ", "msg_1")
    assert drain_backlog() == 2


def test_the_same_bytes_of_another_source_are_another_event() -> None:
    assert store(WON, slug="one") != store(WON, slug="two")
    assert drain_backlog() == 2
    assert Deal.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_event_is_committed_before_the_answer() -> None:
    response = deliver(*new_source())
    seen: list[int] = []

    def look() -> None:
        seen.extend(Event.objects.values_list("pk", flat=True))
        connection.close()

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert (response.status_code, seen) == (202, [response.json()["event"]])


# What became of it is recorded on it.


def test_an_event_is_pending_and_then_applied() -> None:
    assert store(WON).status == Event.Status.PENDING
    event = process(WON)
    assert (event.status, event.attempts, event.error) == (Event.Status.APPLIED, 1, "")
    assert event.settled_at


def test_an_event_of_a_type_that_the_vendor_does_not_have_is_ignored() -> None:
    assert process(build_body("heffl", "deal.sneezed", {"id": "d"})).status == Event.Status.IGNORED
    assert not Deal.objects.exists()


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"{}", b'{"event": "deal.updated"}'])
def test_what_is_no_envelope_is_malformed(body: bytes) -> None:
    event = store(body)
    assert event.status == Event.Status.MALFORMED
    assert event.error


def test_an_event_that_names_no_record_has_failed_with_its_reason() -> None:
    event = process(build_body("heffl", "deal.updated", {}))
    assert (event.status, event.attempts, event.next_attempt_at) == (Event.Status.FAILED, 1, None)
    assert event.error == "the payload carries no id (looked for id, dealId)"


def test_an_event_that_the_database_refuses_has_failed_alone_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = store(build_body("heffl", "deal.updated", {"id": "refused"}))
    apply = apply_mapped_events

    def apply_unless_refused(mapped: list[MappedEvent]) -> dict[int, list[str]]:
        warnings = apply(mapped)
        if refused.pk in {read.event.id for read in mapped}:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return warnings

    monkeypatch.setattr(process_batch, "apply_mapped_events", apply_unless_refused)
    assert process(WON).status == Event.Status.APPLIED
    refused.refresh_from_db()
    assert (refused.status, refused.error) == (Event.Status.FAILED, "DataError: division by zero")
    assert refused.next_attempt_at
    assert list(Deal.objects.values_list("external_id", flat=True)) == ["d"]


# An entity change and its event's status are one transaction.


def test_a_failed_record_leaves_neither_status_nor_change() -> None:
    def cannot(*outcomes: object) -> None:
        assert Deal.objects.exists()
        raise RuntimeError("the worker died here")

    event = store(WON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draining, "record_outcomes", cannot)
        with pytest.raises(RuntimeError):
            drain_backlog()
    event.refresh_from_db()
    assert (event.status, event.attempts) == (Event.Status.PENDING, 0)
    assert not Deal.objects.exists()
    assert not TimelineEntry.objects.exists()
    assert process(WON).status == Event.Status.APPLIED
    assert Deal.objects.get().status == "won"


def test_a_failure_to_apply_leaves_neither_status_nor_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(mapped: object) -> None:
        raise KeyError(json.dumps("a mistake of ours"))

    monkeypatch.setattr(process_batch, "apply_mapped_events", cannot)
    event = process(WON)
    assert (event.status, bool(event.next_attempt_at)) == (Event.Status.FAILED, True)
    assert not Deal.objects.exists()

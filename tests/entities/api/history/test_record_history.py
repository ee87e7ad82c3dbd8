"""Timeline, history and provenance of records, fed through the log, in any order of arrival."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.history.history_columns import history_columns
from entities.models import Contact, Deal, Invoice, Lead, Payment, Task
from events.ingest.store import store_event
from events.processing.drain import drain_backlog
from tests.support.api_client import (
    NOW,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_json,
)

pytestmark = pytest.mark.django_db


def apply_event(vendor: str, event_type: str, minute: int, **payload: Any) -> int:
    """Store an event of that minute, apply it, and return its id."""
    key = {"seedly": "data", "heffl": "payload"}[vendor]
    time = f"2025-03-01T10:{minute:02d}:00.000000Z"
    body = json.dumps({"event": event_type, "timestamp": time, key: payload}).encode()
    stored = store_event(ensure_source(vendor, vendor=vendor), body, {}, NOW)
    drain_backlog()
    return stored.event_id


def apply_opportunity(event: str, minute: int, **payload: Any) -> int:
    return apply_event(
        "seedly", f"opportunity.{event}", minute, subAccountId="sa", opportunityId="o1", **payload
    )


def at(minute: int) -> str:
    return f"2025-03-01T10:{minute:02d}:00.000000Z"


def test_the_timeline_lists_the_events_that_touched_a_record_newest_first(client: Client) -> None:
    won = apply_opportunity("won", 3, value=5)
    created = apply_opportunity("created", 1, title="Roof", contactId="c1")
    deal, contact = Deal.objects.get(), Contact.objects.get()
    newer, older = get_json(client, f"deals/{deal.pk}/timeline/")["results"]
    assert newer == {
        "event": won,
        "event_type": "opportunity.won",
        "occurred_at": at(3),
        "received_at": "2025-03-01T12:00:00.000000Z",
        "rank": "other",
        "wrote": newer["wrote"],
    }
    assert (newer["wrote"]["status"], newer["wrote"]["value"]) == ("won", newer["wrote"]["value"])
    assert (older["event"], older["rank"], older["wrote"]["title"]) == (created, "created", "Roof")
    [referred] = get_json(client, f"contacts/{contact.pk}/timeline/")["results"]
    assert (referred["event"], referred["rank"], referred["wrote"]) == (created, "copy", {})


def test_the_timeline_has_pages_and_can_be_reversed(client: Client) -> None:
    deal, other = create_record(Deal), create_record(Deal)
    entries = [create_timeline_entry(deal, NOW + timedelta(minutes=n), {}) for n in range(5)]
    create_timeline_entry(other, NOW, {})
    create_record(Lead, id=deal.pk)
    expected = [timeline_entry.event_id for timeline_entry in entries]
    for ordering, order in (("clock", expected), ("-clock", expected[::-1])):
        page = get_json(client, f"deals/{deal.pk}/timeline/", {"ordering": ordering, "page_size": 2})
        met = page["results"]
        while page["next"]:
            page = client.get(page["next"]).json()
            met += page["results"]
        assert [row["event"] for row in met] == order
    assert get_json(client, f"leads/{deal.pk}/timeline/")["results"] == []


def test_history_lists_values_runs_and_transitions_in_the_order_of_time(client: Client) -> None:
    lost = apply_opportunity("lost", 30)
    created = apply_opportunity("created", 0)
    won = apply_opportunity("won", 10)
    again = apply_opportunity("won", 20, value=1)
    body = get_json(client, f"deals/{Deal.objects.get().pk}/history/")
    assert list(body) == list(history_columns(Deal))
    assert body["status"]["seen"] == [
        {"value": "open", "at": at(0), "rank": "created", "event": created},
        {"value": "won", "at": at(10), "rank": "other", "event": won},
        {"value": "won", "at": at(20), "rank": "other", "event": again},
        {"value": "lost", "at": at(30), "rank": "other", "event": lost},
    ]
    assert body["status"]["runs"] == [
        {"value": "open", "from": at(0), "until": at(10), "seconds": 600.0, "event": created},
        {"value": "won", "from": at(10), "until": at(30), "seconds": 1200.0, "event": won},
        {"value": "lost", "from": at(30), "until": None, "seconds": None, "event": lost},
    ]
    assert body["status"]["transitions"] == [
        {"from": "open", "to": "won", "at": at(10), "event": won},
        {"from": "won", "to": "lost", "at": at(30), "event": lost},
    ]
    assert body["stage_name"] == {"seen": [], "runs": [], "transitions": []}


def test_existence_amounts_and_words_have_a_history_and_a_stage_is_its_id_and_name_together(
    client: Client,
) -> None:
    created = apply_opportunity("created", 0, value=5, stageName="New")
    moved = apply_opportunity("stage_changed", 5, stageName="New", stageId="7", value=6)
    deleted = apply_opportunity("deleted", 9)
    body = get_json(client, f"deals/{Deal.objects.get().pk}/history/")
    runs = {
        name: [(run["value"], run["from"], run["event"]) for run in body[name]["runs"]]
        for name in ("exists", "value", "stage")
    }
    assert runs["exists"] == [(True, at(0), created), (False, at(9), deleted)]
    assert runs["value"] == [("5.0000", at(0), created), ("6.0000", at(5), moved)]
    assert runs["stage"] == [("New", at(0), created)]


def test_a_record_without_events_has_an_empty_history(client: Client) -> None:
    body = get_json(client, f"payments/{create_record(Payment).pk}/history/")
    assert list(body) == ["exists", "amount", "currency", "method"]
    assert all(history == {"seen": [], "runs": [], "transitions": []} for history in body.values())


def test_provenance_names_the_event_of_each_value(client: Client) -> None:
    updated = apply_opportunity("updated", 20, name="Big roof", colour="red")
    created = apply_opportunity("created", 0, title="Roof", value=5, shape="round")
    won = apply_opportunity("won", 10, value=7)
    lost = apply_opportunity("lost", 15)
    body = get_json(client, f"deals/{Deal.objects.get().pk}/provenance/")
    assert {name: origin["event"] for name, origin in body["columns"].items()} == {
        "is_deleted": updated,
        "deleted_at": updated,
        "created_at": created,
        "title": updated,
        "value": won,
        "status": lost,
        "closed_at": lost,
        "lost_at": lost,
        "status_since": lost,
        "first_event_at": created,
        "last_event_at": updated,
    }
    assert body["columns"]["value"] == {
        "event": won,
        "event_type": "opportunity.won",
        "occurred_at": at(10),
        "rank": "other",
    }
    assert {key: origin["event"] for key, origin in body["extra"].items()} == {
        "colour": updated,
        "shape": created,
    }


def test_provenance_of_a_value_that_no_column_can_hold_is_shown_under_extra(client: Client) -> None:
    apply_opportunity("created", 0, value=5)
    bad = apply_opportunity("won", 1, value="a lot")
    deal = Deal.objects.get()
    body = get_json(client, f"deals/{deal.pk}/")
    assert (body["value"], body["extra"]) == (None, {"value": "a lot"})
    body = get_json(client, f"deals/{deal.pk}/provenance/")
    assert body["columns"]["value"]["event"] == body["extra"]["value"]["event"] == bad


def test_provenance_of_tags_is_the_newest_set_or_addition(client: Client) -> None:
    for minute, event in ((1, "created"), (5, "updated")):
        full_set = apply_event(
            "seedly", f"contact.{event}", minute, subAccountId="sa", contactId="c", tags=[f"t{minute}"]
        )
    apply_event("seedly", "contact.tag_added", 3, subAccountId="sa", contactId="c", tagName="vip")
    contact = Contact.objects.get()
    origin = get_json(client, f"contacts/{contact.pk}/provenance/")["columns"]["tags"]["event"]
    assert origin == full_set
    added = apply_event("seedly", "contact.tag_added", 9, subAccountId="sa", contactId="c", tagName="late")
    assert get_json(client, f"contacts/{contact.pk}/")["tags"] == ["late", "t5"]
    assert get_json(client, f"contacts/{contact.pk}/provenance/")["columns"]["tags"]["event"] == added


def test_the_vendors_own_paid_at_is_preferred_to_the_one_derived_from_the_status(client: Client) -> None:
    first = apply_event("heffl", "invoice.paid", 1, id="inv_1")
    apply_event("heffl", "invoice.updated", 2, id="inv_1", status="PAID")
    invoice = Invoice.objects.get()
    assert get_json(client, f"invoices/{invoice.pk}/")["paid_at"] == at(1)
    body = get_json(client, f"invoices/{invoice.pk}/provenance/")["columns"]
    assert body["paid_at"]["event"] == first
    own = apply_event("heffl", "invoice.updated", 3, id="inv_1", status="PAID", paidAt="2025-02-01T00:00:00Z")
    assert get_json(client, f"invoices/{invoice.pk}/")["paid_at"] == "2025-02-01T00:00:00.000000Z"
    assert get_json(client, f"invoices/{invoice.pk}/provenance/")["columns"]["paid_at"]["event"] == own


def test_deletion_is_in_provenance_and_timeline(client: Client) -> None:
    apply_event("seedly", "task.created", 0, subAccountId="sa", taskId="t1", title="Call")
    deleted = apply_event("seedly", "task.deleted", 5, subAccountId="sa", taskId="t1")
    task = Task.objects.get()
    body = get_json(client, f"tasks/{task.pk}/provenance/")["columns"]["is_deleted"]
    assert (body["event"], body["rank"]) == (deleted, "deleted")
    assert get_json(client, f"tasks/{task.pk}/timeline/")["results"][0]["rank"] == "deleted"


def test_history_takes_the_same_number_of_queries_for_any_number_of_events(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token and its limits, the record, and the entries with their events."""
    for status in ("open", "won", "lost"):
        apply_opportunity({"open": "created"}.get(status, status), len(status))
        deal = Deal.objects.get()
        with django_assert_num_queries(4):
            get_json(client, f"deals/{deal.pk}/timeline/")
        with django_assert_num_queries(4):
            get_json(client, f"deals/{deal.pk}/history/")
        with django_assert_num_queries(4):
            get_json(client, f"deals/{deal.pk}/provenance/")

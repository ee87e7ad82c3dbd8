"""Shapes and formats that no fixture has: the records they give, and those that name no record."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from entities.models import Client, Contact, Deal, Lead, Message
from entities.vendors import get_vendor
from events.models import Event, Scheme
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.applied_events import (
    EVENT_TIME,
    LATER_TIME,
    apply_heffl_event,
    apply_seedly_event,
    store_and_apply,
)
from tests.support.envelopes import TIME
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "payload",
    [
        {"clientId": 5, "clientName": "Acme"},
        {"client": {"id": "5", "name": "Acme"}},
        {"client": [{"id": 5, "name": "Acme"}]},
        {"clientId": "5", "client": {"name": "Acme"}},
        {"clientId": "5", "client": {"id": 5, "name": "Acme", "website": None}},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "event_type", ["payment.received", "deal.updated", "invoice.updated", "quotation.updated"]
)
def test_a_client_is_embedded_or_flattened(event_type: str, payload: dict[str, Any]) -> None:
    event = apply_heffl_event(event_type, {"id": "x"} | payload)
    client = Client.objects.get()
    assert (client.external_id, client.name, client.is_placeholder) == ("5", "Acme", False)
    owner = get_vendor("heffl").events[event_type].entity.model
    assert event.timeline.get(record_type=owner).wrote["client"] == "5"
    assert event.warnings == []


@pytest.mark.parametrize(
    ("payload", "extra"),
    [
        ({"stage": "Customer"}, {}),
        ({"stageName": "Customer"}, {}),
        ({"lifecycleStage": "Customer"}, {}),
        ({"stage": {"name": "Customer"}}, {}),
        ({"stage": {"id": 3, "name": "Customer"}}, {"stage.id": 3}),
        ({"stage": "Customer", "stageId": 3}, {"stageId": 3}),
    ],
    ids=str,
)
def test_a_contacts_stage_is_its_lifecycle_stage_in_any_shape(payload: dict[str, Any], extra: Any) -> None:
    apply_heffl_event("contact.stageChanged", {"id": "ct"} | payload)
    contact = Contact.objects.get()
    assert (contact.lifecycle_stage, contact.extra) == ("Customer", extra)


@pytest.mark.parametrize(
    "payload",
    [
        {
            "id": 9,
            "title": "T",
            "price": "12.50",
            "stage": {"id": "3", "name": "S"},
            "expectedCloseDate": 1741996800000,
        },
        {
            "id": "9",
            "name": "T",
            "price": 12.5,
            "stage": "S",
            "stageId": 3,
            "expectedCloseDate": "2025-03-15",
        },
        {
            "id": "9",
            "title": None,
            "name": "T",
            "value": "1.25e1",
            "stageName": "S",
            "stageId": "3",
            "expectedCloseDate": "2025-03-15T04:00:00.123456789+04:00",
        },
    ],
    ids=["numbers", "names", "mixed"],
)
@pytest.mark.parametrize("at", [TIME, 1736937000000, "1736937000000", "2025-01-15T16:00:00.000000+05:30"])
def test_formats_differ_and_the_row_does_not(payload: dict[str, Any], at: Any) -> None:
    event = apply_heffl_event("deal.updated", payload | {"status": "Won"}, at)
    deal = Deal.objects.get()
    assert (deal.external_id, deal.title, deal.value, deal.stage_name, deal.stage_ref) == (
        "9",
        "T",
        Decimal("12.5"),
        "S",
        "3",
    )
    assert (deal.expected_close_date, deal.closed_at) == (date(2025, 3, 15), EVENT_TIME)
    assert (deal.extra, event.warnings) == ({}, [])


def test_the_last_amount_that_fits_its_column_is_kept_and_the_first_beyond_is_raw() -> None:
    apply_heffl_event("lead.updated", {"id": "fits", "value": "9999999999999999.99994"})
    event = apply_heffl_event("lead.updated", {"id": "not", "value": "9999999999999999.99995"})
    assert Lead.objects.get(external_id="fits").value == Decimal("9999999999999999.9999")
    assert Lead.objects.get(external_id="not").extra == {"value": "9999999999999999.99995"}
    assert event.status == Event.Status.APPLIED


def test_a_reference_is_cleared_by_null_in_the_records_own_event() -> None:
    apply_heffl_event("deal.created", {"id": "d", "clientId": "c"})
    apply_heffl_event("deal.updated", {"id": "d", "clientId": None}, LATER_TIME)
    assert Deal.objects.get().client is None
    assert Client.objects.get().is_placeholder


@pytest.mark.parametrize(
    ("event_type", "direction", "status", "occurred_at"),
    [
        ("message.received", "inbound", None, EVENT_TIME),
        ("message.sent", "outbound", "sent", EVENT_TIME),
        ("message.delivered", None, "delivered", None),
        ("message.failed", None, "failed", None),
    ],
)
def test_a_messages_event_says_what_its_payload_does_not(
    event_type: str, direction: str | None, status: str | None, occurred_at: datetime | None
) -> None:
    apply_seedly_event(event_type, {"messageId": "m"})
    message = Message.objects.get()
    assert (message.direction, message.status, message.occurred_at) == (direction, status, occurred_at)


def test_a_late_delivery_report_does_not_move_the_time_of_sending() -> None:
    apply_seedly_event("message.delivered", {"messageId": "m"}, LATER_TIME)
    apply_seedly_event("message.sent", {"messageId": "m"})
    message = Message.objects.get()
    assert (message.status, message.occurred_at) == ("delivered", EVENT_TIME)


def test_a_text_with_what_postgresql_does_not_store_is_applied() -> None:
    event = apply_heffl_event(
        "lead.updated", {"id": "l\x00", "title": "a\x00b\ud800", "\x00": {"\udfff": "\x00"}}
    )
    lead = Lead.objects.get()
    assert event.status == Event.Status.APPLIED
    assert (lead.external_id, lead.title, lead.extra) == (
        "l\ufffd",
        "a\ufffdb\ufffd",
        {"\ufffd": {"\ufffd": "\ufffd"}},
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "x" * 255},
        {"id": "\U0001f642" * 255, "clientId": "\U0001f642" * 255},
        {"id": "d", "title": "x" * 5_000_000},
        {"id": "d", "k" * 100_000: 1},
        {"id": "d", "size": 10**3999},
        {"id": "d", "createdAt": "0001-01-01T00:00:00Z", "expectedCloseDate": "9999-12-31"},
        {"id": "d", "createdAt": "0000-01-01T00:00:00Z"},
        {"id": "d", "customFields": {"a": [[[[None]]]], "": 1e-320}},
    ],
    ids=["long id", "long wide id", "5 MB", "long key", "digits", "year 1", "year 0", "document"],
)
def test_a_hostile_shape_is_applied(payload: dict[str, Any]) -> None:
    event = apply_heffl_event("deal.updated", payload)
    assert (event.status, event.error) == (Event.Status.APPLIED, "")
    assert Deal.objects.get().external_id == payload["id"]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999999999", b"1e9999999999999999999", b"9" * 5000])
def test_a_number_that_no_column_holds_is_applied_as_its_digits(number: bytes) -> None:
    source, _ = create_source("acme", "heffl", Scheme.NONE)
    raw = b'{"event": "lead.updated", "timestamp": 0, "payload": {"id": "l", "value": %s, "x": %s}}'
    assert deliver(source, "", raw % (number, number)).status_code == 202
    drain_backlog()
    assert Event.objects.get().status == Event.Status.APPLIED
    lead = Lead.objects.get()
    assert lead.value is None
    assert {key: Decimal(text) if len(text) < 20 else text for key, text in lead.extra.items()} == {
        key: Decimal(number.decode()) if len(number) < 20 else number.decode() for key in ("value", "x")
    }


@pytest.mark.parametrize(
    ("vendor", "event_type", "payload", "reason"),
    [
        ("heffl", "lead.created", {"id": "x" * 100_000}, "an id has 1 to 255 characters, not 100000"),
        ("heffl", "lead.created", {"name": "Jane"}, "the payload carries no id (looked for id, leadId)"),
        (
            "seedly",
            "task.created",
            {"taskId": 1, "subAccountId": {"id": 1}},
            "subAccountId: an object is not a text",
        ),
    ],
)
def test_an_event_that_names_no_record_fails_with_its_reason(
    vendor: str, event_type: str, payload: dict[str, Any], reason: str
) -> None:
    event = store_and_apply(vendor, event_type, payload)
    assert (event.status, event.next_attempt_at) == (Event.Status.FAILED, None)
    assert reason in event.error


def test_an_event_type_of_any_length_is_ignored_and_kept() -> None:
    event = apply_heffl_event("x" * 100_000, {"id": "l"})
    assert (event.status, event.event_type) == (Event.Status.IGNORED, "x" * 100_000)


def test_no_column_is_limited_in_length() -> None:
    """Text columns have no length limit: what a vendor says is never cut."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_name LIKE 'entities\\_%%' AND character_maximum_length IS NOT NULL",
            [],
        )
        assert cursor.fetchall() == []

"""How values are read, as vendors deliver them: epochs, days, cleared values, texts with invisible marks."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from entities.models import Appointment, Client, Contact, Deal, FormSubmission, Invoice, Lead, Task
from events.models import Event, Scheme
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.envelopes import TIME, build_body
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db

Deliver = Callable[..., Event]
EPOCH_SECONDS = 1773482400
EPOCH_TIME = datetime(2026, 3, 14, 10, tzinfo=UTC)


@pytest.fixture
def send() -> Deliver:
    """Deliver an event to a new source of its vendor, or to the one before; return it as it is applied."""
    sources: dict[str, Any] = {}

    def deliver_and_apply(
        vendor: str, event_type: str, payload: dict[str, Any], at: Any = TIME, **options: str
    ) -> Event:
        if vendor not in sources:
            sources[vendor], _ = create_source(vendor, vendor, Scheme.NONE, **options)
        answer = deliver(sources[vendor], "", build_body(vendor, event_type, payload, at))
        drain_backlog()
        return Event.objects.get(pk=answer.json()["event"])

    return deliver_and_apply


# Times as numbers.


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("spell", [int, str])
def test_an_epoch_is_the_same_time_in_seconds_milliseconds_and_microseconds(
    send: Deliver, unit: int, spell: Callable[[int], Any]
) -> None:
    at = spell(EPOCH_SECONDS * unit)
    send("heffl", "deal.created", {"id": "dl_sec", "price": 100, "status": "ACTIVE"}, "2026-03-01T10:00:00Z")
    event = send("heffl", "deal.updated", {"id": "dl_sec", "price": 250, "status": "WON"}, at)
    deal = Deal.objects.get()
    assert (deal.value, deal.status, deal.closed_at) == (250, "won", EPOCH_TIME)
    assert (event.occurred_at, event.warnings) == (EPOCH_TIME, [])
    task = {"subAccountId": "sa_b", "contactId": "c_sec", "taskId": "t_sec", "dueDate": at}
    assert send("seedly", "task.created", task).warnings == []
    assert Task.objects.get().due_at == EPOCH_TIME


def test_a_date_without_its_dashes_is_no_time_and_warns(send: Deliver) -> None:
    event = send("seedly", "task.created", {"taskId": "t", "dueDate": 20260314}, 20260314)
    task = Task.objects.get()
    assert (task.due_at, task.extra) == (None, {"dueDate": 20260314})
    assert event.occurred_at == event.received_at
    assert [warning.partition(":")[0] for warning in event.warnings] == ["event time", "dueDate"]
    assert send("heffl", "invoice.created", {"id": "i", "dueDate": "20260314"}).warnings == []
    assert Invoice.objects.get().due_date == date(2026, 3, 14)


# Days.


@pytest.mark.parametrize("time_zone", ["", "America/New_York"])
@pytest.mark.parametrize(
    "written", ["2026-03-01T00:00:00+04:00", "2026-03-01T00:00:00.000+0400", "2026-03-01", "20260301"]
)
def test_a_day_is_the_one_that_was_written_in_the_offset_that_was_written(
    send: Deliver, written: str, time_zone: str
) -> None:
    at = "2026-02-10T08:00:00+04:00"
    deal = {"id": "dl_tz", "status": "ACTIVE", "expectedCloseDate": written}
    assert send("heffl", "deal.created", deal, at, time_zone=time_zone).warnings == []
    invoice = {"id": "inv_tz", "dueDate": written, "createdAt": at}
    assert send("heffl", "invoice.created", invoice, at).warnings == []
    assert Deal.objects.get().expected_close_date == Invoice.objects.get().due_date == date(2026, 3, 1)
    assert Invoice.objects.get().created_at == datetime(2026, 2, 10, 4, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-02-28T20:00:00Z", 1772308800, "1772308800000"])
@pytest.mark.parametrize(("time_zone", "day"), [("", 28), ("Asia/Dubai", 1)])
def test_a_day_that_was_written_in_utc_is_one_of_the_sources_time_zone(
    send: Deliver, written: Any, time_zone: str, day: int
) -> None:
    invoice = {"id": "i", "dueDate": written, "createdAt": "2026-02-28T20:00:00Z"}
    send("heffl", "invoice.created", invoice, time_zone=time_zone)
    stored = Invoice.objects.get()
    assert stored.due_date is not None
    assert stored.due_date.day == day
    assert stored.created_at == datetime(2026, 2, 28, 20, tzinfo=UTC)


def test_two_sources_of_one_vendor_have_time_zones_of_their_own() -> None:
    for slug, zone in (("utc", ""), ("dubai", "Asia/Dubai")):
        source, _ = create_source(slug, "heffl", Scheme.NONE, time_zone=zone)
        deliver(source, "", build_body("heffl", "invoice.created", {"id": "i", "dueDate": 1772308800}))
    drain_backlog()
    days = dict(Invoice.objects.values_list("source__slug", "due_date"))
    assert days == {"utc": date(2026, 2, 28), "dubai": date(2026, 3, 1)}


# Cleared values.

LATER = "2026-03-02T10:00:00Z"


@pytest.mark.parametrize("empty", ["", " \t", "\u200f\ufeff", None])
def test_an_empty_text_clears_a_column_of_any_kind(send: Deliver, empty: str | None) -> None:
    deal = {
        "id": "dl_clr",
        "title": "Cleared",
        "price": 900,
        "status": "ACTIVE",
        "expectedCloseDate": "2026-04-01",
        "leadId": "ld_clr",
        "leadName": "Omar",
        "lostReason": "price",
        "createdAt": TIME,
        "stage": "New",
        "ownerName": "Omar",
    }
    send("heffl", "deal.created", deal)
    event = send("heffl", "deal.updated", {"id": "dl_clr"} | dict.fromkeys(list(deal)[1:], empty), LATER)
    stored = Deal.objects.get()
    cleared = "title value status vendor_status expected_close_date lead lost_reason stage_name owner_name"
    assert {name: getattr(stored, name) for name in cleared.split()} == dict.fromkeys(cleared.split())
    assert (stored.created_at, stored.extra, event.warnings) == (None, {}, [])
    assert Lead.objects.get().name == "Omar"


def test_an_empty_text_clears_a_flag_and_a_set_of_tags(send: Deliver) -> None:
    send("heffl", "lead.created", {"id": "l", "archived": True})
    event = send("heffl", "lead.updated", {"id": "l", "archived": ""}, LATER)
    send("heffl", "contact.created", {"id": "c", "tags": ["vip"]})
    send("heffl", "contact.updated", {"id": "c", "tags": ""}, LATER)
    assert (Lead.objects.get().archived, Contact.objects.get().tags) == (None, None)
    assert (Lead.objects.get().extra, Contact.objects.get().extra, event.warnings) == ({}, {}, [])


def test_an_empty_text_in_a_copy_clears_nothing(send: Deliver) -> None:
    send("heffl", "client.created", {"id": "c", "name": "Acme", "website": "https://acme.example"})
    send("heffl", "deal.updated", {"id": "d", "client": {"id": "c", "name": "", "website": " "}}, LATER)
    assert (Client.objects.get().name, Client.objects.get().website) == ("Acme", "https://acme.example")


def test_what_no_column_reads_keeps_its_empty_texts(send: Deliver) -> None:
    send("heffl", "deal.created", {"id": "d", "score": "", "customFields": {"size": ""}})
    assert Deal.objects.get().extra == {"score": ""}
    assert Deal.objects.get().custom_fields == {"size": ""}
    send("heffl", "form.response.created", {"id": "f", "data": {"comment": " "}})
    assert FormSubmission.objects.get().answers == {"comment": " "}


def test_an_empty_status_leaves_the_one_that_the_event_types_name_implies(send: Deliver) -> None:
    send("seedly", "appointment.cancelled", {"appointmentId": "a", "status": ""})
    assert Appointment.objects.get().status == "cancelled"
    send("heffl", "invoice.paid", {"id": "i", "status": "", "paidAt": ""})
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.paid_at) == ("paid", datetime(2025, 1, 15, 10, 30, tzinfo=UTC))


def test_an_empty_id_is_no_id(send: Deliver) -> None:
    event = send("heffl", "lead.created", {"id": "", "name": "Jane"})
    assert event.error == "the payload carries no id (looked for id, leadId)"
    send("heffl", "lead.created", {"id": "", "leadId": "l", "name": "Jane"})
    assert Lead.objects.get().external_id == "l"


# Texts.

CONTACTS = [
    (
        {"firstName": "\u200f\u0645\u062d\u0645\u062f", "phone": "\u202a+971 55 111 2233\u202c"},
        {"first_name": "\u0645\u062d\u0645\u062f", "phone": "+971 55 111 2233"},
    ),
    (
        {"firstName": "Jose\u0301", "lastName": "Nu\u0301n\u0303ez", "tags": ["cafe\u0301", " vip\u200e"]},
        {"first_name": "Jos\u00e9", "last_name": "N\u00fa\u00f1ez", "tags": ["caf\u00e9", "vip"]},
    ),
    (
        {"firstName": "\ufeff Ann\u00a0 ", "company": "A\u202eB"},
        {"first_name": "Ann", "company_name": "A\u202eB"},
    ),
]


@pytest.mark.parametrize(("payload", "columns"), CONTACTS)
def test_a_text_is_stored_composed_and_without_invisible_ends(
    send: Deliver, payload: dict[str, Any], columns: dict[str, Any]
) -> None:
    event = send("seedly", "contact.created", {"contactId": "c"} | payload)
    contact = Contact.objects.get()
    assert {name: getattr(contact, name) for name in columns} == columns
    assert json.loads(bytes(event.body))["data"] == {"contactId": "c"} | payload
    assert event.warnings == []


def test_an_id_is_stored_as_it_was_sent(send: Deliver) -> None:
    send("heffl", "deal.created", {"id": " Jose\u0301\u200f", "leadId": " l"})
    assert Deal.objects.get().external_id == " Jose\u0301\u200f"
    assert Lead.objects.get().external_id == " l"

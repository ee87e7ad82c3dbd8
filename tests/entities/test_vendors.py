"""What each vendor's events become in the database: the shapes that no fixture shows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from entities import vendors
from entities.models import Client, Contact, Deal, Invoice, Lead, Message, Payment, SubAccount
from entities.vendors import UnknownVendor
from events import intake, sources
from events.drain import drain
from events.models import Event, Scheme, Source
from tests.entities import third_vendor
from tests.entities.reading import RECEIVED, TIME, body
from tests.events.vendor_side import deliver

pytestmark = pytest.mark.django_db

EARLIER, LATER = "2025-01-15T10:00:00Z", "2025-01-15T11:00:00Z"
AT = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


def tell(vendor: str, event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    """The event, stored and settled."""
    source, _ = Source.objects.get_or_create(slug=vendor, vendor=vendor, scheme=Scheme.NONE)
    stored = intake.store(source, body(vendor, event_type, payload, at), {}, RECEIVED)
    drain()
    return Event.objects.get(pk=stored.event_id)


def heffl(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return tell("heffl", event_type, payload, at)


def seedly(event_type: str, payload: dict[str, Any], at: Any = TIME) -> Event:
    return tell("seedly", event_type, {"subAccountId": "sa"} | payload, at)


def test_a_payment_without_an_id_is_a_fact_of_its_own() -> None:
    first = heffl("payment.received", {"amount": 100})
    heffl("payment.received", {"amount": 100})
    second = heffl("payment.received", {"id": None, "amount": 100})
    assert set(Payment.objects.values_list("external_id", flat=True)) == {
        bytes(first.digest).hex(),
        bytes(second.digest).hex(),
    }


def test_a_payment_with_an_id_is_one_payment_however_often_it_is_told() -> None:
    heffl("payment.received", {"id": 7, "amount": 100})
    heffl("payment.received", {"id": "7", "amount": 150, "notes": "corrected"}, LATER)
    payment = Payment.objects.get()
    assert (payment.external_id, payment.amount, payment.notes) == ("7", 150, "corrected")


INVOICES = [
    {"invoiceId": "inv_1"},
    {"invoice": "inv_1"},
    {"invoice": {"id": "inv_1"}},
    {"invoices": ["inv_1"]},
    {"invoices": [{"id": "inv_1"}]},
    {"invoices": [{"invoiceId": "inv_1"}]},
    {"allocations": ["inv_1"]},
    {"invoiceId": "inv_1", "invoices": []},
]


@pytest.mark.parametrize("payload", INVOICES, ids=str)
def test_a_payments_one_invoice_is_found_in_any_shape(payload: dict[str, Any]) -> None:
    event = heffl("payment.received", {"id": "p"} | payload)
    payment = Payment.objects.get()
    assert payment.invoice == Invoice.objects.get(external_id="inv_1")
    assert (payment.extra, event.warnings) == ({}, [])


@pytest.mark.parametrize("beside", [{}, {"invoiceId": "inv_1"}])
def test_a_payments_allocation_says_which_invoice_and_nothing_of_it(beside: dict[str, Any]) -> None:
    allocations = [{"id": "al_9", "invoiceId": "inv_1", "amount": 40, "createdAt": LATER}]
    event = heffl("payment.received", {"id": "p", "allocations": allocations} | beside)
    payment, invoice = Payment.objects.get(), Invoice.objects.get()
    assert (payment.invoice, payment.extra) == (invoice, {"allocations": allocations})
    assert (invoice.external_id, invoice.is_placeholder) == ("inv_1", True)
    assert (invoice.created_at, invoice.extra, event.warnings) == (None, {}, [])


def test_a_payments_several_invoices_are_kept_raw_with_a_warning() -> None:
    invoices = [{"id": "inv_1", "amount": 40}, {"id": "inv_2", "amount": 60}]
    event = heffl("payment.received", {"id": "p", "amount": 100, "invoices": invoices})
    payment = Payment.objects.get()
    assert (payment.invoice, payment.amount, payment.extra) == (None, 100, {"invoices": invoices})
    assert event.status == Event.Status.APPLIED
    assert event.warnings == ["invoices: an array is not a text; invoice is null until a newer value"]
    assert not Invoice.objects.exists()


def test_several_invoices_beside_the_one_are_kept_raw_with_a_warning() -> None:
    event = heffl("payment.received", {"id": "p", "invoiceId": "inv_1", "invoices": ["inv_1", "inv_2"]})
    payment = Payment.objects.get()
    assert payment.invoice == Invoice.objects.get(external_id="inv_1")
    assert payment.extra == {"invoices": ["inv_1", "inv_2"]}
    assert event.warnings == ["invoices: an array is not a text; kept as it came"]


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
    event = heffl(event_type, {"id": "x"} | payload)
    client = Client.objects.get()
    assert (client.external_id, client.name, client.is_placeholder) == ("5", "Acme", False)
    owner = vendors.get("heffl").events[event_type].entity.model
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
    heffl("contact.stageChanged", {"id": "ct"} | payload)
    contact = Contact.objects.get()
    assert (contact.lifecycle_stage, contact.extra) == ("Customer", extra)


def test_a_paid_invoice_is_paid_at_the_events_time_where_it_says_nothing_else() -> None:
    heffl("invoice.paid", {"id": "inv", "paidTotal": "99.90"})
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.paid_at, invoice.amount_paid) == ("paid", AT, Decimal("99.90"))


def test_a_paid_invoices_own_words_come_first() -> None:
    heffl("invoice.paid", {"id": "inv", "status": "PARTIALLY_PAID", "paidAt": "2025-01-14", "amountPaid": 5})
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.vendor_status) == ("partially_paid", "PARTIALLY_PAID")
    assert (invoice.paid_at, invoice.amount_paid) == (datetime(2025, 1, 14, tzinfo=UTC), 5)


def test_an_invoice_that_is_no_longer_paid_has_no_time_of_payment() -> None:
    heffl("invoice.paid", {"id": "inv"})
    heffl("invoice.statusChanged", {"id": "inv", "status": "SENT"}, LATER)
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.paid_at) == ("sent", None)


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
    event = heffl("deal.updated", payload | {"status": "Won"}, at)
    deal = Deal.objects.get()
    assert (deal.external_id, deal.title, deal.value, deal.stage_name, deal.stage_ref) == (
        "9",
        "T",
        Decimal("12.5"),
        "S",
        "3",
    )
    assert (deal.expected_close_date, deal.closed_at) == (date(2025, 3, 15), AT)
    assert (deal.extra, event.warnings) == ({}, [])


def test_an_unconvertible_value_shows_raw_until_a_newer_one_lands() -> None:
    event = heffl("lead.updated", {"id": "l", "value": "a lot", "title": "T"})
    lead = Lead.objects.get()
    assert (lead.value, lead.title, lead.extra) == (None, "T", {"value": "a lot"})
    assert event.status == Event.Status.APPLIED
    assert event.warnings == ["value: not a number; value is null until a newer value"]
    heffl("lead.updated", {"id": "l", "value": 5}, LATER)
    lead.refresh_from_db()
    assert (lead.value, lead.extra) == (5, {})


def test_an_unconvertible_value_is_newer_than_an_older_good_one() -> None:
    heffl("lead.updated", {"id": "l", "value": "a lot"})
    heffl("lead.updated", {"id": "l", "value": 5}, EARLIER)
    lead = Lead.objects.get()
    assert (lead.value, lead.extra) == (None, {"value": "a lot"})


def test_the_last_amount_that_fits_its_column_is_kept_and_the_first_beyond_is_raw() -> None:
    heffl("lead.updated", {"id": "fits", "value": "9999999999999999.99994"})
    event = heffl("lead.updated", {"id": "not", "value": "9999999999999999.99995"})
    assert Lead.objects.get(external_id="fits").value == Decimal("9999999999999999.9999")
    assert Lead.objects.get(external_id="not").extra == {"value": "9999999999999999.99995"}
    assert event.status == Event.Status.APPLIED


def test_null_blanks_and_absent_does_not() -> None:
    heffl("lead.created", {"id": "l", "title": "T", "email": "a@b.example", "score": 1})
    heffl("lead.updated", {"id": "l", "title": None, "score": None}, LATER)
    lead = Lead.objects.get()
    assert (lead.title, lead.email, lead.extra) == (None, "a@b.example", {"score": None})


def test_a_null_in_a_copy_blanks_nothing() -> None:
    heffl("client.created", {"id": "c", "name": "Acme", "website": "https://acme.example"})
    heffl("deal.updated", {"id": "d", "client": {"id": "c", "name": "Acme Inc.", "website": None}}, LATER)
    client = Client.objects.get()
    assert (client.name, client.website) == ("Acme Inc.", "https://acme.example")


def test_a_reference_is_cleared_by_null_in_the_records_own_event() -> None:
    heffl("deal.created", {"id": "d", "clientId": "c"})
    heffl("deal.updated", {"id": "d", "clientId": None}, LATER)
    assert Deal.objects.get().client is None
    assert Client.objects.get().is_placeholder


def test_equal_ids_in_two_sub_accounts_are_two_records() -> None:
    seedly("contact.created", {"contactId": "c", "firstName": "Ann", "subAccountId": 1})
    seedly(
        "contact.created", {"contactId": "c", "firstName": "Bob", "subAccountId": "2", "locationId": "loc"}
    )
    named = dict(Contact.objects.values_list("sub_account__external_id", "first_name"))
    assert named == {"1": "Ann", "2": "Bob"}
    assert SubAccount.objects.get(external_id="2").location_id == "loc"
    assert SubAccount.objects.get(external_id="1").is_placeholder


@pytest.mark.parametrize(
    ("event_type", "direction", "status", "occurred_at"),
    [
        ("message.received", "inbound", None, AT),
        ("message.sent", "outbound", "sent", AT),
        ("message.delivered", "outbound", "delivered", None),
        ("message.failed", "outbound", "failed", None),
    ],
)
def test_a_messages_event_says_what_its_payload_does_not(
    event_type: str, direction: str, status: str | None, occurred_at: datetime | None
) -> None:
    seedly(event_type, {"messageId": "m"})
    message = Message.objects.get()
    assert (message.direction, message.status, message.occurred_at) == (direction, status, occurred_at)


def test_a_late_delivery_report_does_not_move_the_time_of_sending() -> None:
    seedly("message.delivered", {"messageId": "m"}, LATER)
    seedly("message.sent", {"messageId": "m"})
    message = Message.objects.get()
    assert (message.status, message.occurred_at) == ("delivered", AT)


def test_a_text_with_what_postgresql_does_not_store_is_applied() -> None:
    event = heffl("lead.updated", {"id": "l\x00", "title": "a\x00b\ud800", "\x00": {"\udfff": "\x00"}})
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
    event = heffl("deal.updated", payload)
    assert (event.status, event.error) == (Event.Status.APPLIED, "")
    assert Deal.objects.get().external_id == payload["id"]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999999999", b"1e9999999999999999999", b"9" * 5000])
def test_a_number_that_no_column_holds_is_applied_as_its_digits(number: bytes) -> None:
    source, _ = sources.create("acme", "heffl", Scheme.NONE)
    raw = b'{"event": "lead.updated", "timestamp": 0, "payload": {"id": "l", "value": %s, "x": %s}}'
    assert deliver(source, "", raw % (number, number)).status_code == 202
    drain()
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
    event = tell(vendor, event_type, payload)
    assert (event.status, event.next_attempt_at) == (Event.Status.FAILED, None)
    assert reason in event.error


def test_an_event_type_of_any_length_is_ignored_and_kept() -> None:
    event = heffl("x" * 100_000, {"id": "l"})
    assert (event.status, event.event_type) == (Event.Status.IGNORED, "x" * 100_000)


MARIGOLD = """
from entities.vendor import EVENT_TIME, Entity, Vendor, alike, events

ACCOUNT = Entity("subaccount", id=("shop",), columns={})
PERSON = Entity(
    "contact",
    id=("uid",),
    columns=alike("email created_at tags") | {"first_name": "names.given", "last_name": "names.family"},
    adds={"label": "tags"},
    about_event=("actor",),
)
ORDER = Entity(
    "deal",
    id=("uid",),
    columns=alike("title contact owner_ref") | {"value": "sum", "status": "state", "vendor_status": "state"},
    words={"status": {"shipped": "won"}},
)
VENDOR = Vendor(
    name="marigold",
    label="Marigold Shop",
    scheme="token",
    type_key="type",
    time_key="at",
    payload_keys=("object",),
    scope=ACCOUNT,
    events=events("person", PERSON, "created updated deleted labelled")
    | events("order", ORDER, "created shipped", shipped={"status": "won"}),
)
"""
ORDER = b"""{"type": "order.created", "at": 1736937000000, "object": {
    "uid": 77, "shop": "s1", "title": "Two pots", "sum": "19.90", "state": "Shipped", "owner": {"id": 3},
    "contact": {"uid": "p1", "names": {"given": "Ida", "middle": "B"}, "actor": "api"}, "gift": true}}"""


def test_a_third_vendor_takes_one_module_and_nothing_else(tmp_path: Path) -> None:
    with third_vendor.module(tmp_path, MARIGOLD):
        source, secret = sources.create("shop", "marigold")
        assert deliver(source, secret, ORDER).status_code == 202
        assert drain() == 1
    deal, person = Deal.objects.get(), Contact.objects.get()
    assert (deal.external_id, deal.title, deal.value, deal.owner_ref) == (
        "77",
        "Two pots",
        Decimal("19.90"),
        "3",
    )
    assert (deal.status, deal.vendor_status, deal.closed_at) == ("won", "Shipped", AT)
    assert (deal.contact, deal.scope, deal.extra) == (person, "s1", {"gift": True})
    assert (person.external_id, person.first_name, person.extra) == ("p1", "Ida", {"names.middle": "B"})
    assert {row.vendor for row in Source.objects.all()} == {"marigold"}


def test_a_vendor_whose_module_is_gone_is_unknown_and_says_who_is_known(tmp_path: Path) -> None:
    with third_vendor.module(tmp_path, MARIGOLD):
        assert vendors.get("marigold").label == "Marigold Shop"
    with pytest.raises(UnknownVendor, match="unknown vendor 'marigold'; known: heffl, seedly"):
        vendors.get("marigold")


def test_no_column_is_limited_in_length() -> None:
    """Text columns have no length limit: what a vendor says is never cut."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_name LIKE 'entities\\_%%' AND character_maximum_length IS NOT NULL",
            [],
        )
        assert cursor.fetchall() == []

"""What records without a name of their own are called on their pages."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import ForeignKey
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from entities.admin.record_columns import attach_parties
from entities.admin.record_head.titles import make_title
from entities.models import (
    Client,
    Contact,
    Deal,
    FormSubmission,
    Invoice,
    Message,
    Payment,
    Quotation,
    Record,
)
from entities.names import Names
from tests.support.api_client import create_record, ensure_source
from tests.support.conversations import apply_contact, apply_message

pytestmark = pytest.mark.django_db

NIGHT = datetime(2024, 12, 19, 21, 30, tzinfo=UTC)


def title_of(record: Record) -> str:
    """Return the title of a record that was read as its page and its list read it."""
    references = [field.name for field in record._meta.concrete_fields if isinstance(field, ForeignKey)]
    (read,) = attach_parties(type(record)._default_manager.select_related(*references).filter(pk=record.pk))
    return make_title(read, Names({}))


def test_a_message_is_called_by_its_way_channel_contact_and_day() -> None:
    hana = create_record(Contact, first_name="Hana", last_name="Nguyen")
    message = create_record(Message, contact=hana, direction="inbound", channel="whatsapp", occurred_at=NIGHT)
    assert title_of(message) == "in, WhatsApp, Hana Nguyen, 19 Dec 2024"
    with timezone.override("Asia/Dubai"):
        assert title_of(message) == "in, WhatsApp, Hana Nguyen, 20 Dec 2024"


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        ({"first_name": "Hana", "last_name": "Nguyen", "name": "hana@acme"}, "Hana Nguyen"),
        ({"last_name": "Nguyen", "name": "hana@acme"}, "Nguyen"),
        ({"name": "Hana Nguyen", "email": "hana@acme.example"}, "Hana Nguyen"),
        ({"email": "hana@acme.example"}, "hana@acme.example"),
        ({"external_id": "ct_1"}, "ct_1"),
    ],
)
def test_a_contact_is_called_by_its_names_else_by_its_name_in_one_field(
    cells: dict[str, str], title: str
) -> None:
    hana = create_record(Contact, **cells)
    assert title_of(hana) == title
    assert title_of(create_record(Message, contact=hana, channel="email")) == f"email, {title}"


def test_a_message_that_names_nobody_is_called_by_the_contacts_of_its_conversation() -> None:
    apply_contact("ann", "Ann")
    apply_message("received", "in", contactId="ann")
    assert title_of(apply_message("sent", "out", channel="live_chat")) == "out, live chat, Ann, 15 Jan 2025"


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        ({"number": "INV-7", "client_name": "Hana"}, "INV-7 of Hana"),
        ({"client_name": "Hana", "total": "9725", "currency": "EUR"}, "Invoice of Hana, EUR 9,725.00"),
        ({"number": "INV-7", "total": "5"}, "INV-7, AED 5.00"),
        ({"number": "INV-7"}, "INV-7"),
        ({}, "x-1"),
    ],
)
def test_an_invoice_is_called_by_its_number_client_and_total(cells: dict[str, Any], title: str) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    assert title_of(create_record(Invoice, source=source, external_id="x-1", **cells)) == title


def test_an_invoice_without_a_clients_name_is_called_by_its_client() -> None:
    assert title_of(create_record(Invoice, client=create_record(Client, name="Acme"))) == "Invoice of Acme"


def test_a_form_submission_is_called_by_its_form_contact_and_day() -> None:
    hana = create_record(Contact, first_name="Hana")
    row = create_record(FormSubmission, form_name="Contact us", contact=hana, submitted_at=NIGHT)
    assert title_of(row) == "Contact us, Hana, 19 Dec 2024"
    assert title_of(create_record(FormSubmission, external_id="f-1")) == "f-1"


def test_a_payment_and_a_quotation_are_called_by_their_client_and_amount() -> None:
    acme = create_record(Client, name="Acme")
    payment = create_record(Payment, client=acme, amount=500, currency="EUR", paid_at=NIGHT)
    assert title_of(payment) == "Payment of Acme, EUR 500.00, 19 Dec 2024"
    assert title_of(create_record(Quotation, number="Q-7", client=acme, total=5)) == "Q-7 of Acme, 5.00"
    assert title_of(create_record(Payment, external_id="p-1")) == "p-1"


def test_what_a_record_refers_to_is_not_read_for_its_title(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    invoice = create_record(Invoice, client=create_record(Client, name="Acme"), total=5)
    assert invoice.source.pk
    with django_assert_num_queries(0):
        assert make_title(invoice, Names({})) == "Invoice, 5.00"


def test_any_other_record_is_called_by_its_name() -> None:
    assert title_of(create_record(Deal, title="Licence", value=5)) == "Licence"

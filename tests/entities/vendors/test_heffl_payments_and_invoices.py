"""Payments and invoices: the invoice that a payment is for, in any shape, and when an invoice was paid."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from entities.models import Invoice, Payment
from events.models import Event
from tests.support.applied_events import EVENT_TIME, LATER_TIME, apply_heffl_event

pytestmark = pytest.mark.django_db


def test_a_payment_without_an_id_is_a_fact_of_its_own() -> None:
    first = apply_heffl_event("payment.received", {"amount": 100})
    apply_heffl_event("payment.received", {"amount": 100})
    second = apply_heffl_event("payment.received", {"id": None, "amount": 100})
    assert set(Payment.objects.values_list("external_id", flat=True)) == {
        bytes(first.digest).hex(),
        bytes(second.digest).hex(),
    }


def test_a_payment_with_an_id_is_one_payment_however_often_it_is_delivered() -> None:
    apply_heffl_event("payment.received", {"id": 7, "amount": 100})
    apply_heffl_event("payment.received", {"id": "7", "amount": 150, "notes": "corrected"}, LATER_TIME)
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
    event = apply_heffl_event("payment.received", {"id": "p"} | payload)
    payment = Payment.objects.get()
    assert payment.invoice == Invoice.objects.get(external_id="inv_1")
    assert (payment.extra, event.warnings) == ({}, [])


@pytest.mark.parametrize("beside", [{}, {"invoiceId": "inv_1"}])
def test_a_payments_allocation_says_which_invoice_and_nothing_of_it(beside: dict[str, Any]) -> None:
    allocations = [{"id": "al_9", "invoiceId": "inv_1", "amount": 40, "createdAt": LATER_TIME}]
    event = apply_heffl_event("payment.received", {"id": "p", "allocations": allocations} | beside)
    payment, invoice = Payment.objects.get(), Invoice.objects.get()
    assert (payment.invoice, payment.extra) == (invoice, {"allocations": allocations})
    assert (invoice.external_id, invoice.is_placeholder) == ("inv_1", True)
    assert (invoice.created_at, invoice.extra, event.warnings) == (None, {}, [])


def test_a_payments_several_invoices_are_kept_raw_with_a_warning() -> None:
    invoices = [{"id": "inv_1", "amount": 40}, {"id": "inv_2", "amount": 60}]
    event = apply_heffl_event("payment.received", {"id": "p", "amount": 100, "invoices": invoices})
    payment = Payment.objects.get()
    assert (payment.invoice, payment.amount, payment.extra) == (None, 100, {"invoices": invoices})
    assert event.status == Event.Status.APPLIED
    assert event.warnings == ["invoices: an array is not a text; invoice is null until a newer value"]
    assert not Invoice.objects.exists()


def test_several_invoices_beside_the_one_are_kept_raw_with_a_warning() -> None:
    event = apply_heffl_event(
        "payment.received", {"id": "p", "invoiceId": "inv_1", "invoices": ["inv_1", "inv_2"]}
    )
    payment = Payment.objects.get()
    assert payment.invoice == Invoice.objects.get(external_id="inv_1")
    assert payment.extra == {"invoices": ["inv_1", "inv_2"]}
    assert event.warnings == ["invoices: an array is not a text; kept as it came"]


def test_a_paid_invoice_is_paid_at_the_events_time_where_it_says_nothing_else() -> None:
    apply_heffl_event("invoice.paid", {"id": "inv", "paidTotal": "99.90"})
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.paid_at, invoice.amount_paid) == ("paid", EVENT_TIME, Decimal("99.90"))


def test_a_paid_invoices_own_words_come_first() -> None:
    apply_heffl_event(
        "invoice.paid", {"id": "inv", "status": "PARTIALLY_PAID", "paidAt": "2025-01-14", "amountPaid": 5}
    )
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.vendor_status) == ("partially_paid", "PARTIALLY_PAID")
    assert (invoice.paid_at, invoice.amount_paid) == (datetime(2025, 1, 14, tzinfo=UTC), 5)


def test_an_invoice_that_is_no_longer_paid_has_no_time_of_payment() -> None:
    apply_heffl_event("invoice.paid", {"id": "inv"})
    apply_heffl_event("invoice.statusChanged", {"id": "inv", "status": "SENT"}, LATER_TIME)
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.paid_at) == ("sent", None)

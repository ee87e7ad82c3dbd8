"""Each rule of docs/convergence.md about the open amount of invoices, by the fewest events that show it."""

from decimal import Decimal
from typing import Any

import pytest

from entities.stored_events import StoredEvent
from tests.support.event_builders import records_after
from tests.support.money_vendor import (
    INVOICE,
    OTHER_INVOICE,
    deletable_event,
    invoice_event,
    money_vendor,
    payment_event,
)

pytestmark = pytest.mark.django_db


def open_amount(*events: StoredEvent, invoice: tuple[str, str, str] = INVOICE) -> Decimal | None:
    return records_after(*events)[invoice]["amount_open"]


def test_open_is_the_total_minus_the_payments_whatever_comes_first() -> None:
    total = invoice_event("created", 1, total="100")
    payments = [payment_event(2, key, invoiceId="i", amount="30.50") for key in ("p", "q")]
    assert open_amount(total) == 100
    assert open_amount(total, *payments) == 39


def test_a_payment_that_comes_before_its_invoice_counts() -> None:
    payment = payment_event(1, invoiceId="i", amount=40)
    assert open_amount(payment) is None
    assert open_amount(payment, invoice_event("created", 2, total=100)) == 60


def test_the_more_of_the_payments_and_the_vendors_own_word_counts() -> None:
    payment = payment_event(2, invoiceId="i", amount=40)
    said = [invoice_event("created", 1, total=100, paidTotal=paid) for paid in (10, 40, 70, -5)]
    assert [open_amount(invoice, payment) for invoice in said] == [60, 60, 30, 60]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"total": 100, "status": "PAID"}, 0),
        ({"status": "paid"}, 0),
        ({"total": 100, "status": "partially_paid"}, 100),
        ({"total": 100, "status": "void"}, 100),
        ({"status": "sent", "paidTotal": 5}, None),
        ({"total": "unknown"}, None),
        ({"total": -20}, 0),
        ({"total": 100, "paidTotal": 150}, 0),
        ({"total": "9999999999999999.9999", "paidTotal": -1}, Decimal("9999999999999999.9999")),
    ],
    ids=str,
)
def test_open_is_nothing_once_paid_and_unknown_without_a_total(
    payload: dict[str, Any], expected: Any
) -> None:
    assert open_amount(invoice_event("created", 1, **payload)) == expected


def test_nothing_of_a_paid_invoice_is_open() -> None:
    assert open_amount(invoice_event("paid", 1, total=100)) == 0


def test_open_is_never_below_zero() -> None:
    payment = payment_event(2, invoiceId="i", amount=150)
    assert open_amount(invoice_event("created", 1, total=100), payment) == 0


def test_money_that_was_given_back_opens_no_more_than_the_total() -> None:
    payment = payment_event(2, invoiceId="i", amount=-50)
    assert open_amount(invoice_event("created", 1, total=100), payment) == 100


def test_a_deleted_payment_does_not_count() -> None:
    with money_vendor():
        invoice = deletable_event("invoice.created", 1, id="i", total=100)
        payment = deletable_event("payment.created", 2, id="p", invoiceId="i", amount=40)
        deleted = deletable_event("payment.deleted", 3, id="p")
        assert open_amount(invoice, payment) == 60
        assert open_amount(invoice, payment, deleted) == 100
        revived = deletable_event("payment.updated", 4, id="p", invoiceId="i", amount=1)
        assert open_amount(invoice, deleted, revived) == 99


def test_a_payment_that_changes_counts_as_it_is_now() -> None:
    invoice = invoice_event("created", 1, total=100)
    payment = payment_event(2, invoiceId="i", amount=40)
    assert open_amount(invoice, payment, payment_event(3, amount=90)) == 10


def test_a_payment_that_moves_to_another_invoice_is_open_again_at_the_former() -> None:
    events = (
        invoice_event("created", 1, "i", total=100),
        invoice_event("created", 1, "j", total=200),
        payment_event(2, invoiceId="i", amount=40),
        payment_event(3, invoiceId="j"),
    )
    assert [open_amount(*events, invoice=key) for key in (INVOICE, OTHER_INVOICE)] == [100, 160]


def test_a_payment_that_is_of_no_invoice_any_more_is_open_again() -> None:
    invoice = invoice_event("created", 1, total=100)
    payment = payment_event(2, invoiceId="i", amount=40)
    assert open_amount(invoice, payment, payment_event(3, invoiceId=None)) == 100
    assert open_amount(invoice, payment, payment_event(3, invoiceId={"nested": 1})) == 100


@pytest.mark.parametrize(
    ("invoices", "payments"), [("AED", "AED"), ("AED", None), (None, "EUR"), (None, None)]
)
def test_a_payment_counts_if_either_side_states_no_currency_or_both_the_same(
    invoices: str | None, payments: str | None
) -> None:
    invoice = invoice_event("created", 1, total=100, currency=invoices)
    assert open_amount(invoice, payment_event(2, invoiceId="i", amount=40, currency=payments)) == 60


def test_a_payment_in_a_currency_that_the_invoice_is_not_in_does_not_count() -> None:
    invoice = invoice_event("created", 1, total=100, currency="AED")
    assert open_amount(invoice, payment_event(2, invoiceId="i", amount=40, currency="EUR")) == 100


def test_a_currency_that_is_stated_later_leaves_out_the_payments_in_another() -> None:
    invoice = invoice_event("created", 1, total=100)
    payment = payment_event(2, invoiceId="i", amount=40, currency="EUR")
    assert open_amount(invoice, payment, invoice_event("updated", 3, currency="AED")) == 100


def test_a_deleted_invoice_keeps_its_open_amount() -> None:
    payment = payment_event(2, invoiceId="i", amount=40)
    assert open_amount(invoice_event("created", 1, total=100), payment, invoice_event("deleted", 3)) == 60

"""Two workers on two connections that write parts of one whole: the later one waits, and counts both."""

import pytest

from entities.models import Invoice
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support import oracle, table_contents
from tests.support.concurrent_batches import apply_at_the_same_time
from tests.support.money_vendor import invoice_event, payment_event

pytestmark = pytest.mark.django_db(transaction=True)


def assert_right(*events: StoredEvent) -> None:
    expected, found = oracle.expected_cells(events), table_contents.read_records()
    assert table_contents.list_differences(expected, found) == []


def open_amounts() -> dict[str, int]:
    return {key: int(amount) for key, amount in Invoice.objects.values_list("external_id", "amount_open")}


def test_two_workers_that_apply_two_payments_of_one_invoice_count_both() -> None:
    invoice = invoice_event("created", 1, total=100)
    process_batch([invoice])
    payments = [payment_event(2, key, invoiceId="i", amount=30) for key in ("p", "q")]
    apply_at_the_same_time(payments[:1], payments[1:])
    assert open_amounts() == {"i": 40}
    assert_right(invoice, *payments)


def test_a_payment_that_moves_away_while_another_comes_leaves_the_other_alone() -> None:
    before = [
        invoice_event("created", 1, "i", total=100),
        invoice_event("created", 1, "j", total=100),
        payment_event(2, "p", invoiceId="i", amount=30),
    ]
    process_batch(before)
    moves, comes = payment_event(3, "p", invoiceId="j"), payment_event(3, "q", invoiceId="i", amount=5)
    apply_at_the_same_time([moves], [comes])
    assert open_amounts() == {"i": 95, "j": 70}
    assert_right(*before, moves, comes)


def test_the_invoice_that_a_payment_was_of_a_moment_ago_is_computed_anew() -> None:
    invoices = [invoice_event("created", 1, key, total=100) for key in ("i", "j", "k")]
    first = payment_event(2, "p", invoiceId="i", amount=30)
    process_batch([*invoices, first])
    moves = [payment_event(3, "p", invoiceId="j"), payment_event(4, "p", invoiceId="k")]
    apply_at_the_same_time(moves[:1], moves[1:])
    assert open_amounts() == {"i": 100, "j": 100, "k": 70}
    assert_right(*invoices, first, *moves)


def test_a_total_that_comes_with_a_payment_at_the_same_time_counts() -> None:
    invoice = invoice_event("created", 1, total=100)
    process_batch([invoice])
    payment, total = payment_event(2, invoiceId="i", amount=30), invoice_event("updated", 2, total=50)
    apply_at_the_same_time([payment], [total])
    assert open_amounts() == {"i": 20}
    assert_right(invoice, payment, total)

"""What writing the columns costs that depend on other records, and when a record counts as changed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Invoice
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support.event_builders import deal_event
from tests.support.money_vendor import invoice_event, payment_event

pytestmark = pytest.mark.django_db


def list_queries(*events: StoredEvent) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        process_batch(events)
    return [query["sql"] for query in captured]


def test_a_batch_without_payments_and_invoices_has_no_statement_for_them() -> None:
    queries = list_queries(*(deal_event("updated", minute, id=f"d{minute}") for minute in range(3)))
    assert not [sql for sql in queries if "invoice" in sql or "payment" in sql]


def test_many_payments_of_many_invoices_take_as_many_statements_as_one() -> None:
    for count in (1, 10):
        process_batch([invoice_event("created", 1, f"i{number}", total=100) for number in range(count)])
        payments = [payment_event(2, f"p{n}", invoiceId=f"i{n}", amount=count) for n in range(count)]
        queries = list_queries(*payments)
        writing = [sql for sql in queries if "balance" in sql or '"entities_invoice" WHERE id' in sql]
        assert len(writing) == 2, writing


def test_an_invoice_has_changed_only_where_its_open_amount_has() -> None:
    process_batch([invoice_event("created", 1, key, total=100) for key in ("i", "j")])
    before = dict(Invoice.objects.values_list("external_id", "changed_at"))
    process_batch([payment_event(2, "p", invoiceId="i", amount=1), payment_event(2, "q", invoiceId="j")])
    after = dict(Invoice.objects.values_list("external_id", "changed_at"))
    assert after["i"] > before["i"]
    assert after["j"] == before["j"]

"""Money on a record's page: the open amount and what it is computed from, lateness, assumed currencies."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from entities.models import Invoice
from tests.entities.admin.record_page.test_page_content import parse_rows
from tests.support.staff_client import ensure_source, get_page, page_url, store_and_apply

pytestmark = pytest.mark.django_db


@time_machine.travel("2025-03-11T12:00:00Z")
def test_an_invoices_page_says_what_is_open_and_from_what_and_how_late_it_is(client: Client) -> None:
    store_and_apply("invoice.created", {"id": "i", "total": 100, "dueDate": "2025-03-01"})
    store_and_apply("payment.received", {"id": "p", "invoiceId": "i", "amount": 30.5})
    invoice = Invoice.objects.get()
    assert invoice.due_date == date(2025, 3, 1)
    rows = parse_rows(get_page(client, page_url(invoice)))
    assert '<span class="amount">69.50</span>' in rows["Amount open"]
    assert "computed from total, amount paid, currency, status and the payments" in rows["Amount open"]
    assert "10 days late" in rows["Due date"]
    assert "invoice.created" in rows["Due date"]


def test_an_open_amount_that_is_not_known_is_not_said_to_be_given_by_no_event(client: Client) -> None:
    store_and_apply("invoice.created", {"id": "i", "number": "INV-1"})
    page = get_page(client, page_url(Invoice.objects.get()))
    assert "—" in parse_rows(page)["Amount open"]


def test_a_page_marks_the_currency_that_is_assumed(client: Client) -> None:
    store_and_apply("invoice.created", {"id": "i", "total": 100})
    page = page_url(Invoice.objects.get())
    assert "assumed" not in parse_rows(get_page(client, page))["Total"]
    source = ensure_source("acme-heffl")
    source.assumed_currency = "AED"
    source.save()
    rows = parse_rows(get_page(client, page))
    assert "AED assumed" in rows["Total"]
    assert "AED assumed" in rows["Amount open"]
    store_and_apply("invoice.updated", {"id": "i", "currency": "EUR"}, at="2025-01-16T10:30:00Z")
    assert "assumed" not in parse_rows(get_page(client, page))["Total"]

"""The amounts of a list of records: what is open and late, assumed currencies, and the sums at the foot."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crmmirror.lib.admin_kit import capped_paginator
from entities.models import Deal, Invoice, Payment, Quotation, UserProfile
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import create_staff_user, get_page, list_url

pytestmark = pytest.mark.django_db


def list_sums(page: str) -> list[str]:
    return re.findall(r'<p class="sums">(.*?)</p>', page)


@time_machine.travel("2026-03-10T12:00:00Z")
def test_a_list_of_invoices_shows_what_is_open_and_how_late_it_is(client: Client) -> None:
    late = {"due_date": date(2026, 3, 1), "amount_open": Decimal(1200), "total": Decimal(1500)}
    create_record(Invoice, number="INV-LATE", **late)
    create_record(Invoice, number="INV-YESTERDAY", **late | {"due_date": date(2026, 3, 9)})
    create_record(Invoice, number="INV-VOID", status="void", **late)
    create_record(Invoice, number="INV-DUE", **late | {"due_date": date(2026, 3, 10)})
    page = get_page(client, list_url(Invoice))
    assert sorted(re.findall(r"([0-9]+ days? late)", page)) == ["1 day late", "9 days late"]
    assert page.count('<span class="amount">1,200.00</span>') == 4
    overdue = get_page(client, list_url(Invoice), overdue="yes")
    assert sorted(re.findall(r"INV-[A-Z]+", overdue)) == ["INV-LATE", "INV-YESTERDAY"]
    others = get_page(client, list_url(Invoice), overdue="no")
    assert sorted(re.findall(r"INV-[A-Z]+", others)) == ["INV-DUE", "INV-VOID"]


@time_machine.travel("2026-03-01T22:00:00Z")
def test_the_day_that_counts_is_that_of_the_users_time_zone() -> None:
    create_record(Invoice, number="INV-1", due_date=date(2026, 3, 1), amount_open=5)
    for zone, lateness in (("Asia/Dubai", ["1 day late"]), ("UTC", [])):
        user = create_staff_user()
        UserProfile.objects.create(user=user, time_zone=zone)
        client = Client()
        client.force_login(user)
        assert re.findall("[0-9]+ days? late", get_page(client, list_url(Invoice))) == lateness
        assert ("INV-1" in get_page(client, list_url(Invoice), overdue="yes")) == bool(lateness)


def test_only_what_can_be_overdue_has_the_filter(client: Client) -> None:
    assert 'name="overdue"' in get_page(client, list_url(Invoice))
    assert 'name="overdue"' not in get_page(client, list_url(Deal))
    assert client.get(list_url(Deal), {"overdue": "yes"}).status_code == 400
    assert client.get(list_url(Invoice), {"overdue": "maybe"}).status_code == 400


def test_an_assumed_currency_stands_beside_the_amount_and_says_so(client: Client) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    create_record(Deal, source=source, value=5)
    assert "AED assumed" in get_page(client, list_url(Deal))
    create_record(Payment, source=source, amount=5, currency="EUR")
    create_record(Payment, amount=5)
    assert "assumed" not in get_page(client, list_url(Payment))


def test_a_stated_currency_stands_before_the_amount_where_the_list_has_no_column_for_it(
    client: Client,
) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    create_record(Deal, source=source, value=5, currency="EUR")
    page = get_page(client, list_url(Deal))
    assert re.findall(r"field-value[^>]*>(.*?)</td>", page) == ['EUR <span class="amount">5.00</span>']
    assert list_sums(page) == ["Value of 1 deal: EUR 5.00"]
    create_record(Payment, amount=5, currency="EUR")
    assert 'EUR <span class="amount">' not in get_page(client, list_url(Payment))


def test_the_foot_of_a_list_has_the_sums_of_the_list_as_it_is_filtered(client: Client) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    payments: list[dict[str, Any]] = [
        {"amount": "1000", "currency": "AED"},
        {"amount": "234.5", "source": source},
        {"amount": "7", "currency": "EUR"},
        {"amount": "8"},
        {"amount": "9", "is_deleted": True},
        {"amount": None, "currency": "USD"},
    ]
    for cells in payments:
        create_record(Payment, **cells)
    aed = "AED 1,234.50, 234.50 of it in an assumed currency"
    assert list_sums(get_page(client, list_url(Payment))) == [
        f"Amount of 4 payments: {aed}; EUR 7.00; 8.00 without currency"
    ]
    assert list_sums(get_page(client, list_url(Payment), state="deleted")) == [
        "Amount of 1 payment: 9.00 without currency"
    ]
    assert list_sums(get_page(client, list_url(Payment), source="dubai")) == [
        "Amount of 1 payment: AED 234.50, all of it in an assumed currency"
    ]


def test_a_list_without_amounts_has_no_sums(client: Client) -> None:
    create_record(Quotation)
    assert list_sums(get_page(client, list_url(Quotation))) == []


def test_a_list_is_counted_and_summed_by_one_query(client: Client) -> None:
    create_record(Invoice, total=10, amount_open=4, currency="EUR")
    with CaptureQueriesContext(connection) as captured:
        page = get_page(client, list_url(Invoice))
    assert list_sums(page) == ["Total of 1 invoice: EUR 10.00", "Amount open of 1 invoice: EUR 4.00"]
    assert len([query for query in captured if "sum(c1)" in query["sql"]]) == 1
    assert not [query for query in captured if "SELECT COUNT(*)" in query["sql"]]


def test_a_list_with_more_rows_than_can_be_paged_through_is_not_summed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capped_paginator, "MAX_ROWS", 2)
    for _ in range(3):
        create_record(Deal, value=1)
    (line,) = list_sums(get_page(client, list_url(Deal)))
    assert line.startswith("Not summed: there are more than 2 deals.")


def test_a_searched_list_is_summed(client: Client) -> None:
    create_record(Payment, reference="RE-1", amount=5)
    create_record(Payment, reference="RE-2", amount=6)
    assert list_sums(get_page(client, list_url(Payment), q="re-2")) == [
        "Amount of 1 payment: 6.00 without currency"
    ]

"""Sums by currency: no two currencies are added, nor one and none."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from entities.currencies import CurrencySum, assumed_currency, stated_currency, sum_by_currency, sum_rows
from entities.models import Deal, Lead, Payment
from events.models import Source
from tests.support.api_client import create_record, ensure_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    """A source whose amounts are in AED unless the vendor says otherwise."""
    return ensure_source("dubai", assumed_currency="AED")


def test_stated_assumed_and_unknown_currencies_are_summed_apart(source: Source) -> None:
    cells: list[dict[str, Any]] = [
        {"amount": "10.5", "currency": "EUR"},
        {"amount": "2.0001", "currency": "EUR", "source": source},
        {"amount": "7", "currency": "AED"},
        {"amount": "8", "source": source},
        {"amount": "9", "source": source},
        {"amount": "4"},
        {"amount": "-1"},
        {"amount": None, "currency": "USD"},
    ]
    for row in cells:
        create_record(Payment, **row)
    assert sum_by_currency(Payment.objects.all(), "amount") == [
        CurrencySum("AED", False, Decimal(7), 1),
        CurrencySum("AED", True, Decimal(17), 2),
        CurrencySum("EUR", False, Decimal("12.5001"), 2),
        CurrencySum(None, False, Decimal(3), 2),
    ]


def test_a_model_without_a_currency_has_the_assumed_one_or_none(source: Source) -> None:
    create_record(Lead, value=1, source=source)
    create_record(Lead, value=2)
    assert sum_by_currency(Lead.objects.all(), "value") == [
        CurrencySum("AED", True, Decimal(1), 1),
        CurrencySum(None, False, Decimal(2), 1),
    ]


def test_nothing_has_no_sum() -> None:
    assert sum_by_currency(Payment.objects.all(), "amount") == []


def test_only_the_rows_of_the_queryset_are_summed_in_one_query() -> None:
    for amount in range(5):
        create_record(Payment, amount=amount, method="cash" if amount % 2 else "card")
    rows = Payment.objects.select_related("source").defer("extra").filter(method="cash").order_by("-amount")
    with CaptureQueriesContext(connection) as captured:
        assert sum_by_currency(rows, "amount") == [CurrencySum(None, False, Decimal(4), 2)]
    assert len(captured) == 1


def test_a_sum_may_have_more_digits_than_an_amount() -> None:
    for _ in range(2):
        create_record(Payment, amount=Decimal("9999999999999999.9999"))
    assert sum_by_currency(Payment.objects.all(), "amount")[0].amount == Decimal("19999999999999999.9998")


@pytest.mark.parametrize(("cells", "expected"), [({"currency": "EUR"}, ""), ({"currency": None}, "AED")])
def test_a_currency_is_assumed_only_where_none_is_stated(
    source: Source, cells: dict[str, Any], expected: str
) -> None:
    assert assumed_currency(create_record(Payment, source=source, **cells)) == expected
    assert assumed_currency(create_record(Payment, **cells)) == ""


def test_rows_without_an_amount_and_those_that_are_marked_are_counted(django_assert_num_queries: Any) -> None:
    for amount, currency in ((5, "EUR"), (7, "EUR"), (None, "EUR"), (None, None)):
        create_record(Payment, amount=amount, currency=currency)
    with django_assert_num_queries(1):
        sums = sum_rows(Payment.objects.all(), "amount", Q(amount__gt=5))
    assert (sums.count, sums.marked_count) == (4, 1)
    assert sums.sums == (CurrencySum("EUR", False, Decimal(12), 2),)


def test_a_deal_that_states_a_currency_is_not_in_the_assumed_one(source: Source) -> None:
    create_record(Deal, value=1, source=source)
    stated = create_record(Deal, value=2, source=source, currency="EUR")
    assert (stated_currency(stated), assumed_currency(stated)) == ("EUR", "")
    assert sum_by_currency(Deal.objects.all(), "value") == [
        CurrencySum("AED", True, Decimal(1), 1),
        CurrencySum("EUR", False, Decimal(2), 1),
    ]

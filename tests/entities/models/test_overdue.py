"""Which invoices are overdue, by the one condition that the admin and the API share."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import localdate, override

from entities.admin.value_cells import annotate_overdue
from entities.models import Invoice
from entities.models.overdue import OverdueRule
from tests.support.api_client import create_record

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 2)
OVERDUE = {"due_date": date(2026, 3, 1), "amount_open": 1, "status": "sent"}


@pytest.fixture
def rule() -> OverdueRule:
    assert Invoice.overdue is not None
    return Invoice.overdue


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, True),
        ({"status": None}, True),
        ({"status": "overdue"}, True),
        ({"status": "partially_paid"}, True),
        ({"due_date": TODAY}, False),
        ({"due_date": None}, False),
        ({"amount_open": 0}, False),
        ({"amount_open": None}, False),
        ({"amount_open": None, "status": None}, False),
        ({"status": "draft"}, False),
        ({"status": "void"}, False),
        ({"status": "cancelled"}, False),
        ({"is_deleted": True}, False),
    ],
    ids=str,
)
def test_an_invoice_is_either_overdue_or_not(
    rule: OverdueRule, cells: dict[str, Any], expected: bool
) -> None:
    create_record(Invoice, **OVERDUE | cells)
    assert Invoice.objects.filter(rule.is_overdue(TODAY)).exists() == expected
    assert Invoice.objects.filter(~rule.is_overdue(TODAY)).exists() != expected
    with time_machine.travel("2026-03-02T12:00:00Z"):
        (row,) = annotate_overdue(Invoice.objects.all(), rule)
        assert bool(row.is_overdue) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, True),
        ({"due_date": None, "status": None}, True),
        ({"status": "draft"}, False),
        ({"amount_open": 0}, False),
        ({"amount_open": None}, False),
    ],
    ids=str,
)
def test_what_is_owed_does_not_depend_on_the_day(
    rule: OverdueRule, cells: dict[str, Any], expected: bool
) -> None:
    create_record(Invoice, **OVERDUE | {"due_date": date(2027, 1, 1)} | cells)
    assert Invoice.objects.filter(rule.is_owed()).exists() == expected


@time_machine.travel("2026-03-01T22:00:00Z")
@pytest.mark.parametrize(("zone", "expected"), [("UTC", False), ("Asia/Dubai", True)])
def test_today_is_that_of_who_asks(rule: OverdueRule, zone: str, expected: bool) -> None:
    create_record(Invoice, **OVERDUE)
    with override(zone):
        assert Invoice.objects.filter(rule.is_overdue(localdate())).exists() == expected


def test_the_overdue_ones_are_read_off_their_own_index(rule: OverdueRule) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "invoice_overdue" in Invoice.objects.filter(rule.is_overdue(TODAY)).order_by("due_date").explain()

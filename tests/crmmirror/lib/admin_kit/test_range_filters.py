"""Filters by a range of amounts, dates and times, through the addresses of lists."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from entities.models import Deal, Invoice, UserProfile
from tests.support.api_client import create_record
from tests.support.staff_client import create_staff_user, get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def list_titles(page: str) -> list[str]:
    return sorted(re.findall("D-[0-9]", page))


def test_both_ends_of_a_range_of_amounts_belong_to_it(client: Client) -> None:
    for number, value in enumerate(("-5", "99.99", "100", "200.5", "200.51"), start=1):
        create_record(Deal, title=f"D-{number}", value=Decimal(value))
    create_record(Deal, title="D-9", value=None)
    page = get_page(client, list_url(Deal), value__gte="100", value__lte="200.5")
    assert list_titles(page) == ["D-3", "D-4"]
    assert "Value: from 100" in page
    assert "Value: to 200.5" in page
    assert list_titles(get_page(client, list_url(Deal), value__lte="0")) == ["D-1"]


def test_both_ends_of_a_range_of_dates_belong_to_it(client: Client) -> None:
    for day in range(1, 5):
        create_record(Invoice, number=f"D-{day}", due_date=date(2025, 1, day))
    page = get_page(client, list_url(Invoice), due_date__gte="2025-01-02", due_date__lte="2025-01-03")
    assert list_titles(page) == ["D-2", "D-3"]
    assert "days in" not in page[page.index('name="due_date__lte"') :].partition("</div>")[0]


def test_a_day_of_times_is_that_of_the_time_zone_of_the_user_and_the_form_says_so() -> None:
    for number, hour in enumerate((19, 20, 23), start=1):
        create_record(Deal, title=f"D-{number}", created_at=datetime(2025, 1, 14, hour, 30, tzinfo=UTC))
    create_record(Deal, title="D-4", created_at=datetime(2025, 1, 15, 20, 0, tzinfo=UTC))
    user = create_staff_user()
    UserProfile.objects.create(user=user, time_zone="Asia/Dubai")
    client = Client()
    client.force_login(user)
    page = get_page(client, list_url(Deal), created_at__gte="2025-01-15", created_at__lte="2025-01-15")
    assert list_titles(page) == ["D-2", "D-3"]
    assert "days in Dubai" in page


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("value__gte", "a lot", "The filter 'value__gte' takes an amount such as 1250.50, not 'a lot'"),
        ("value__lte", "1e9", "takes an amount"),
        ("value__lte", "nan", "takes an amount"),
        ("value__gte", "9" * 17, "takes an amount"),
        ("created_at__gte", "yesterday", "The filter 'created_at__gte' takes a day such as 2025-01-15"),
        ("created_at__lte", "9999-12-31", "takes a day"),
        ("created_at__lte", "0001-01-01", "takes a day"),
        ("created_at__lte", "2025-02-30", "takes a day"),
        ("created_at__lte", "20250115", "takes a day"),
        ("created_at__lte", "2025-W03-3", "takes a day"),
        ("value__range", "1", "This list has no filter 'value__range'"),
        ("won_at__gte", "2025-01-15", "This list has no filter 'won_at__gte'"),
    ],
)
def test_an_end_that_cannot_be_used_is_refused_with_the_reason(
    name: str, value: str, reason: str, client: Client
) -> None:
    answer = client.get(list_url(Deal), {name: value})
    assert answer.status_code == 400
    assert reason in unescape(answer.content.decode())


def test_a_form_keeps_the_ends_that_are_given(client: Client) -> None:
    page = get_page(client, list_url(Deal), value__gte="100")
    assert '<input type="text" name="value__gte" value="100"' in page
    assert '<input type="date" name="created_at__lte" value=""' in page

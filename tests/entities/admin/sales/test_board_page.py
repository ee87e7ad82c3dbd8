"""The board, through its address."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.models import Deal, NameKind
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db
URL = "/admin/board/"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def create_deal(stage: str | None = "s1", value: int | None = 10, **fields: Any) -> Deal:
    amount = None if value is None else Decimal(value)
    return create_record(Deal, **{"stage_ref": stage, "value": amount, "status": "open"} | fields)


def heads(page: str) -> list[str]:
    return re.findall(r'<h2 dir="auto">(.*?) <span class="quiet">', page)


def sums(page: str) -> list[str]:
    return re.findall(r'<p class="sums">(.*?)</p>', page)


def test_the_columns_stand_in_the_order_of_names(client: Client) -> None:
    for ref, name, position in (("s1", "Won soon", 2), ("s2", "New", 1), ("s3", "Asked", None)):
        create_name(ref, name=name, position=position)
        create_deal(ref)
    create_deal(None)
    create_deal(None, stage_name="By name")
    assert heads(get_page(client, URL)) == ["New", "Won soon", "Asked", "By name", "No stage"]


def test_a_column_counts_and_sums_all_its_deals_and_shows_the_largest(client: Client) -> None:
    for value in range(1, 26):
        create_deal(value=value, title=f"Deal no {value}.")
    create_deal(value=None, title="Unvalued")
    create_deal(value=1_000, is_deleted=True)
    create_deal(value=1_000, status="won")
    page = get_page(client, URL)
    assert sums(page) == ["26 deals · 325.00 without currency"]
    assert re.findall(r"Deal no (\d+)\.", page) == [str(value) for value in range(25, 5, -1)]
    url = f"{list_url(Deal)}?status=open&amp;stage_ref=s1&amp;source=acme"
    assert url in page
    assert "26 deals" in get_page(client, url.replace("&amp;", "&"))


def test_two_currencies_are_never_added(client: Client) -> None:
    for slug, currency in (("acme", "AED"), ("other", "EUR")):
        create_deal(source=ensure_source(slug, assumed_currency=currency), owner_ref="o1")
    page = get_page(client, URL)
    assert len(sums(page)) == 2
    assert "20.00" not in page


def test_a_deal_has_the_currency_that_it_states_else_the_assumed_one(client: Client) -> None:
    dubai = ensure_source("dubai", assumed_currency="AED")
    create_deal(value=10, currency="EUR", source=dubai)
    create_deal(value=5, source=dubai)
    page = get_page(client, URL)
    assert sums(page) == ["2 deals · AED 5.00, all of it in an assumed currency; EUR 10.00"]
    amounts = re.findall(r'<span class="amount">(.*?)</span>(?: <span class="assumed">(.*?)</span>)?', page)
    assert amounts == [("EUR 10.00", ""), ("5.00", "AED assumed")]


def test_what_stands_still_is_counted_and_marked(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        create_deal(title="Old", stage_since=NOW - timedelta(days=30))
        create_deal(title="Fresh", stage_since=NOW - timedelta(days=29, hours=23))
        client = log_in_staff()
        page = get_page(client, URL)
        assert "1 in it for 30 days" in page
        assert '<span class="late">30 days in stage' in page
        assert '<span class="quiet">29 days in stage' in page
        for url in (URL, list_url(Deal)):
            page = get_page(client, url, stale="30")
            assert "Old" in page
            assert "Fresh" not in page


def test_the_board_is_filtered_and_its_form_keeps_what_is_chosen(client: Client) -> None:
    create_name("p1", kind=NameKind.PIPELINE, name="Main line")
    create_deal(title="Ours", pipeline_ref="p1", owner_ref="o1")
    create_deal(title="Theirs", pipeline_ref="p2", owner_ref="o2")
    page = get_page(client, URL, pipeline="p1", owner="o1", status="open", source="acme")
    assert "Ours" in page
    assert "Theirs" not in page
    assert '<option value="p1" selected>Main line</option>' in page
    assert "pipeline_ref=p1&amp;owner_ref=o1" in page
    assert "no such deal" in get_page(client, URL, owner="nobody knows")


@pytest.mark.parametrize(
    "query", [{"colour": "red"}, {"status": "x"}, {"stale": "x"}, {"source": "x"}, {"sub_account": "²"}]
)
def test_an_unknown_parameter_or_value_is_said(client: Client, query: dict[str, str]) -> None:
    answer = client.get(URL, query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.content.decode()


def test_what_was_won_and_lost_this_month_is_summed_by_owner() -> None:
    create_name("o1", kind=NameKind.PERSON, name="Ada")
    with time_machine.travel(NOW, tick=False):
        create_deal(status="won", owner_ref="o1", value=7, closed_at=datetime(2026, 11, 1, tzinfo=UTC))
        create_deal(status="lost", value=5, closed_at=datetime(2026, 11, 2, tzinfo=UTC))
        create_deal(status="won", value=99, closed_at=datetime(2026, 10, 31, 23, tzinfo=UTC))
        page = get_page(log_in_staff(), URL)
    lines = re.findall(r'data-word="(\w+)">.*?dir="auto">(.*?)</th>.*?<td>(.*?)</td>', page)
    assert lines == [("won", "Ada", "7.00 without currency"), ("lost", "nobody", "5.00 without currency")]


def test_a_viewer_of_one_sub_account_meets_its_deals_alone() -> None:
    create_deal(title="Own", scope="north", pipeline_ref="p1", owner_ref="o1")
    create_deal(title="Hidden", scope="south", pipeline_ref="p-hidden", owner_ref="o-hidden")
    create_name("p-hidden", kind=NameKind.PIPELINE)
    page = get_page(log_in(limit(create_member("Viewer"), ensure_source(), "north")), URL)
    assert "Own" in page
    assert ">Hidden<" not in page
    assert "p-hidden" not in page
    assert "o-hidden" not in page
    assert sums(page)[0].startswith("1 deal ")


def test_the_board_takes_a_bounded_number_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        create_deal(f"s{number % 6}", owner_ref=f"o{number}")
    with django_assert_max_num_queries(20):
        get_page(client, URL)


def test_the_board_is_for_those_who_may_view_records() -> None:
    assert log_in_staff("view_user").get(URL).status_code == 403


def test_deals_of_one_stage_and_owner_are_one_column_and_one_line_whatever_names_they_carry(
    client: Client,
) -> None:
    for number in range(3):
        create_deal("s1", stage_name=f"Was called {number}", owner_ref="o1", owner_name=f"Ida {number}")
    long = "x" * 300
    for ending in "ab":
        create_deal(None, stage_name=long + ending, owner_name="By name")
    page = get_page(client, URL)
    assert [line.partition(" ")[0] for line in sums(page)] == ["3", "2"]
    owners = page.partition("<h2>By owner</h2>")[2].partition("</table>")[0]
    assert re.findall(r'dir="auto">(.*?)</th><td class="number">(\d+)<', owners) == [
        ("By name", "2"),
        ("o1", "3"),
    ]

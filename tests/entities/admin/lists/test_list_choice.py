"""The columns, the order and the size of a list of records, as its address asks for them."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from entities.admin.lists.list_choice import sortable_columns
from entities.models import Contact, Deal, Invoice, Message, Task
from entities.models.introspection import record_models
from tests.support.api_client import create_record
from tests.support.staff_client import get_page, list_url

pytestmark = pytest.mark.django_db

HEADING = re.compile(r'<th scope="col" class="column-(\S+) ')


def list_headings(page: str) -> list[str]:
    return HEADING.findall(page)


def refusal(client: Client, model: type[Any], **query: str) -> str:
    answer = client.get(list_url(model), query)
    assert answer.status_code == 400
    return unescape(answer.content.decode())


def test_a_list_has_the_columns_of_the_address_in_their_order(client: Client) -> None:
    create_record(Deal, title="Audit", number="N-7")
    assert list_headings(get_page(client, list_url(Deal)))[:3] == ["name", "value", "stage_ref"]
    page = get_page(client, list_url(Deal), columns="number,value,created_at")
    assert list_headings(page) == ["name", "number", "value", "created_at"]
    assert "N-7" in page
    assert "Columns: 3 chosen" in page


def test_every_column_that_a_list_offers_can_be_shown(client: Client) -> None:
    for model in record_models():
        create_record(model)
        page = get_page(client, list_url(model))
        offered = re.findall(r'<input type="checkbox" name="columns" value="(.*?)"', page)
        shown = get_page(client, list_url(model), columns=",".join(offered))
        assert list_headings(shown) == ["name", *offered]


def test_a_column_that_there_is_not_is_said(client: Client) -> None:
    assert "This list has no column 'registers'; it has: value, " in refusal(
        client, Deal, columns="value,registers"
    )
    assert "The column 'value' is chosen twice" in refusal(client, Deal, columns="value,value")


def test_the_form_of_columns_leads_to_one_parameter(client: Client) -> None:
    answer = client.get(list_url(Deal), {"columns": ["value", "number"], "q": "", "status": "won"})
    assert answer["Location"] == f"{list_url(Deal)}?columns=value%2Cnumber&status=won"


def test_a_shown_column_is_moved_by_a_link(client: Client) -> None:
    create_record(Deal)
    page = get_page(client, list_url(Deal), columns="value,number,source")
    moves = {label: url for url, label in re.findall(r'<a href="(\S+?)" aria-label="Move (.*?)"', page)}
    assert moves == {
        "value later": "?columns=number%2Cvalue%2Csource",
        "number earlier": "?columns=number%2Cvalue%2Csource",
        "number later": "?columns=value%2Csource%2Cnumber",
        "source earlier": "?columns=value%2Csource%2Cnumber",
    }


@pytest.mark.parametrize(
    ("model", "column", "values"),
    [
        (Deal, "created_at", [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2)]),
        (Invoice, "due_date", [date(2025, 1, day) for day in (1, 2)]),
        (Deal, "closed_at", [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2)]),
    ],
)
def test_rows_without_a_value_come_last_in_both_directions(
    model: type[Any], column: str, values: list[Any], client: Client
) -> None:
    for name, value in zip(("First", "Second", "None"), (*values, None), strict=True):
        create_record(model, number=name, external_id=name, **{column: value})
    for order, expected in (("", ["First", "Second", "None"]), ("-", ["Second", "First", "None"])):
        page = get_page(client, list_url(model), o=order + column, columns="number")
        assert re.findall(r'field-number "><span class="line" dir="auto">(\w+)<', page) == expected


def test_a_list_has_a_default_order_of_its_own(client: Client) -> None:
    for day, key in ((1, "a"), (3, "b"), (2, "c")):
        create_record(Task, title=key, external_id=key, due_at=datetime(2025, 1, day, tzinfo=UTC))
    page = get_page(client, list_url(Task), columns="external_id")
    assert re.findall(r'field-external_id "><span class="line" dir="auto">(\w)<', page) == ["b", "c", "a"]


def test_a_heading_orders_by_its_column_and_turns_the_order_around(client: Client) -> None:
    page = get_page(client, list_url(Task), status="todo")
    assert "Nothing is in this list." in page
    create_record(Task, status="todo")
    page = get_page(client, list_url(Task), status="todo")
    assert 'aria-sort="descending"' in page
    assert '<a href="?o=due_at&amp;status=todo">Due (UTC)' in page
    page = get_page(client, list_url(Task), status="todo", o="due_at")
    assert 'aria-sort="ascending"' in page
    assert '<a href="?o=-due_at&amp;status=todo">Due (UTC)' in page
    assert "Order: due (UTC), oldest first" in page


def test_an_order_that_no_index_serves_is_said(client: Client) -> None:
    for order in ("title", "3", "-1.2", "created_at.value"):
        reason = f"This list has no order by '{order.removeprefix('-')}'; it has: "
        assert reason in refusal(client, Deal, o=order)


def test_a_list_can_be_ordered_by_what_begins_an_index_of_all_its_rows() -> None:
    assert sortable_columns(Contact) == ("created_at", "changed_at", "last_event_at")
    assert sortable_columns(Deal) == ("created_at", "changed_at", "last_event_at", "closed_at")
    assert sortable_columns(Message)[-1] == "occurred_at"


def test_a_page_has_as_many_rows_as_the_address_asks_for(client: Client) -> None:
    for number in range(101):
        create_record(Deal, external_id=str(number))
    for query, count in (({}, 50), ({"per_page": "100"}, 100), ({"per_page": "200"}, 101)):
        assert get_page(client, list_url(Deal), **query).count('<th scope="row"') == count
    assert "A page cannot have '7' rows; it can have: 50, 100, 200" in refusal(client, Deal, per_page="7")


def test_an_address_says_all_that_makes_the_list_what_it_is(client: Client) -> None:
    create_record(Deal, title="Audit", status="won")
    query = {"columns": "value", "o": "-created_at", "per_page": "100", "q": "audit", "status": "won"}
    response: Any = client.get(list_url(Deal), query | {"p": "1", "e": "1"})
    assert response.context_data["cl"].query_string == (
        "columns=value&o=-created_at&per_page=100&q=audit&status=won"
    )

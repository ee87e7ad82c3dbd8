"""The page of one value of a record, one click from the value: its event, and what it was before."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Invoice, Record
from entities.models.introspection import mirrored_fields, record_models
from tests.entities.admin.record_page.test_page_content import parse_rows
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db

DEAL = {"id": "dl_1", "title": "Licence"}
HOSTILE = "<img src=x onerror=alert(1)>"


def value_url(row: Any) -> str:
    return page_url(row).replace("change", "value")


def read_changes(client: Client, row: Any, **query: str) -> list[str]:
    """Return the changes of a value, newest first: the texts of the cells of a row, joined by |."""
    page = get_page(client, value_url(row), **query)
    rows = re.findall(r"<tr>(<td.*?)</tr>", page[page.index("data-fragment") :], re.DOTALL)
    return ["|".join(map(strip_tags, re.findall("<td.*?</td>", row, re.DOTALL))) for row in rows]


def strip_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_a_value_says_what_it_was_when_and_by_which_event_one_click_from_the_record(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"stage": "Proposal"})
    second = store_and_apply("deal.updated", DEAL | {"stage": "Signature"}, at="2025-01-16T14:30:00Z")
    store_and_apply("deal.updated", DEAL | {"stage": "Signature"}, at="2025-01-17T14:30:00Z")
    deal = Deal.objects.get()
    row = parse_rows(get_page(client, page_url(deal)))["Stage name"]
    assert f'href="{value_url(deal)}?field=stage_name"' in row
    assert "was <span" in row
    newest, oldest = read_changes(client, deal, field="stage_name")
    assert newest.startswith("Proposal|Signature|2025-01-16 14:30|")
    assert newest.endswith("|deal.updated")
    assert oldest == "—|Proposal|2025-01-15 10:30|1 day 4 h|deal.created"
    assert page_url(second) in get_page(client, value_url(deal), field="stage_name")


def test_a_link_to_a_value_opens_in_place_in_an_element_of_the_page(client: Client) -> None:
    store_and_apply("deal.created", DEAL)
    targets = re.findall(r'data-into="([^"]+)"', get_page(client, page_url(Deal.objects.get())))
    page = get_page(client, page_url(Deal.objects.get()))
    assert targets
    assert [page.count(f'id="{target}"') for target in targets] == [1] * len(targets)


def test_a_derived_value_is_explained_by_the_values_that_it_is_computed_from(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"status": "ACTIVE"})
    won = store_and_apply("deal.updated", DEAL | {"status": "WON"}, at="2025-01-16T10:30:00Z")
    page = get_page(client, value_url(Deal.objects.get()), field="closed_at")
    assert "This value is computed from status." in page
    assert page_url(won) in page


def test_a_balance_is_explained_by_its_parts(client: Client) -> None:
    store_and_apply("invoice.created", {"id": "i", "total": 100})
    store_and_apply("invoice.updated", {"id": "i", "total": 80}, at="2025-01-16T10:30:00Z")
    invoice = Invoice.objects.get()
    changes = read_changes(client, invoice, field="amount_open")
    assert changes[0].startswith("100.00|80.00|")
    assert "computed from total, amount paid, currency, status and the payments" in get_page(
        client, value_url(invoice), field="amount_open"
    )


def test_a_set_says_what_it_was_before_a_member_was_added(client: Client) -> None:
    payload = {"contactId": "c", "subAccountId": "sa"}
    store_and_apply("contact.created", payload | {"tags": ["a"]}, vendor="seedly")
    store_and_apply("contact.tag_added", payload | {"tagName": "vip"}, "2025-01-16T10:30:00Z", "seedly")
    changes = read_changes(client, Contact.objects.get(), field="tags")
    assert changes[0].startswith("a|a vip|2025-01-16")
    assert changes[1].startswith("—|a|")


def test_a_part_of_a_document_and_a_field_without_a_column_have_their_own_histories(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"customFields": {"Seats": 3, "Floor": 1}, "forecast": "Q3"})
    later = {"customFields": {"Seats": 4, "Floor": 1}, "forecast": "Q4"}
    store_and_apply("deal.updated", DEAL | later, at="2025-01-16T10:30:00Z")
    deal = Deal.objects.get()
    assert read_changes(client, deal, field="custom_fields", key="Seats")[0].startswith("3|4|")
    assert len(read_changes(client, deal, field="custom_fields", key="Floor")) == 1
    assert read_changes(client, deal, field="extra", key="forecast")[0].startswith("Q3|Q4|")


def test_a_part_of_a_document_that_goes_and_comes_again_was_empty_in_between(client: Client) -> None:
    for day, fields in ((15, {"Seats": 3}), (16, {"Floor": 1}), (17, {"Seats": 4})):
        at = f"2025-01-{day}T10:30:00Z"
        store_and_apply("deal.updated", DEAL | {"customFields": fields}, at=at)
    changes = read_changes(client, Deal.objects.get(), field="custom_fields", key="Seats")
    assert [change.split("|")[:2] for change in changes] == [["—", "4"], ["3", "—"], ["—", "3"]]


def test_a_reference_says_which_record_it_led_to_before(client: Client) -> None:
    store_and_apply("client.created", {"id": "cl_1", "name": "Acme"})
    store_and_apply("client.created", {"id": "cl_2", "name": "Initech"})
    store_and_apply("deal.created", DEAL | {"clientId": "cl_1"})
    store_and_apply("deal.updated", DEAL | {"clientId": "cl_2"}, at="2025-01-16T10:30:00Z")
    deal = Deal.objects.get()
    assert read_changes(client, deal, field="client")[0].startswith("Acme|Initech|")
    assert page_url(ClientRecord.objects.get(external_id="cl_1")) in get_page(
        client, value_url(deal), field="client"
    )


def test_a_value_that_another_records_event_told_says_so(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"client": {"id": "cl_1", "name": "Acme"}})
    (change,) = read_changes(client, ClientRecord.objects.get(), field="name")
    assert change.endswith("deal.created about another record")


def test_an_event_is_linked_only_for_those_who_may_open_it() -> None:
    event = store_and_apply("deal.created", DEAL)
    deal = Deal.objects.get()
    assert page_url(event) in get_page(log_in_staff(), value_url(deal), field="title")
    page = get_page(log_in_staff("view_deal"), value_url(deal), field="title")
    assert "deal.created" in page
    assert page_url(event) not in page
    limited = log_in(limit(create_member("Operator"), ensure_source("other")))
    assert limited.get(value_url(deal), {"field": "title"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"field": "no_such"},
        {"field": "registers"},
        {"field": "title", "key": "x"},
        {"field": "title", "other": "x"},
        {"field": HOSTILE},
    ],
)
def test_an_unknown_value_is_said(client: Client, query: dict[str, str]) -> None:
    store_and_apply("deal.created", DEAL)
    response = client.get(value_url(Deal.objects.get()), query)
    assert response.status_code == 400
    assert HOSTILE not in response.content.decode()


@pytest.mark.parametrize("model", record_models(), ids=lambda model: model._meta.model_name)
def test_every_column_of_every_entity_has_a_page(client: Client, model: type[Record]) -> None:
    row = create_record(model)
    for column in mirrored_fields(model).keys() | model.derived_columns.keys() | model.balances.keys():
        assert "No event has given it a value" in get_page(client, value_url(row), field=column), column


def test_hostile_and_large_values_are_escaped_and_bounded(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"title": HOSTILE, "customFields": {"A": "w" * 300_000}})
    deal = Deal.objects.get()
    assert HOSTILE not in get_page(client, value_url(deal), field="title")
    page = get_page(client, value_url(deal), field="custom_fields")
    assert "too large to show here" in page
    assert len(page) < 100_000


def test_the_page_takes_as_many_queries_for_a_long_history_as_for_a_short_one(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, value_url(Deal.objects.get()), field="stage_name")
        return len(captured)

    store_and_apply("deal.created", DEAL | {"stage": "New"})
    for_one = count()
    for day in range(1, 10):
        store_and_apply("deal.updated", DEAL | {"stage": str(day)}, at=f"2025-02-0{day}T00:00:00Z")
    assert count() == for_one <= 8

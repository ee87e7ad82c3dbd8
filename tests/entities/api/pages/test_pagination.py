"""Keyset pagination: pages show each row exactly once, in the ordering, despite ties and nulls."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from django.db import transaction
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmmirror.api_urls import VIEWSETS
from entities.models import Contact, Deal, Message
from tests.support.api_client import (
    NOW,
    create_api_client,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_ids,
    get_json,
)

pytestmark = pytest.mark.django_db

# Few values, so that they tie often.
VALUES: dict[str, st.SearchStrategy] = {
    "value": st.sampled_from([None, Decimal("-1"), Decimal("0.0001"), Decimal("7")]),
    "status": st.sampled_from([None, "", "open", "won", "WON", "é"]),
    "title": st.none() | st.text("aB é,\"'\\", max_size=2),
    "expected_close_date": st.sampled_from([None, date.min, date(2025, 3, 1), date.max]),
    "closed_at": st.sampled_from(
        [None, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, 0, 0, 0, 1, tzinfo=UTC)]
    ),
    "is_deleted": st.booleans(),
    "tags": st.none() | st.lists(st.sampled_from("ab"), max_size=2),
    "source": st.sampled_from(["acme", "other"]),
}
COLUMNS = {
    Deal: ["value", "status", "title", "expected_close_date", "closed_at", "is_deleted", "source"],
    Contact: ["tags", "is_deleted", "source"],
}
PATHS = {Deal: "deals", Contact: "contacts"}


@st.composite
def draw_list(draw: st.DrawFn) -> tuple[Any, list[dict[str, Any]], list[str], int]:
    """Draw a model, the values of its rows, an ordering, and a page size."""
    model = draw(st.sampled_from(list(COLUMNS)))
    names = COLUMNS[model]
    rows = draw(st.lists(st.fixed_dictionaries({name: VALUES[name] for name in names}), max_size=8))
    columns = draw(st.lists(st.sampled_from([*names, "id"]), min_size=1, max_size=3, unique=True))
    ordering = [draw(st.sampled_from(["", "-"])) + column for column in columns]
    return model, rows, ordering, draw(st.integers(1, 4))


class Rollback(Exception):
    """Raised to undo what one example wrote."""


def walk_pages(client: Client, path: str, query: dict[str, Any], link: str) -> Iterator[dict[str, Any]]:
    """Yield the first page and those that its links of this name lead to."""
    page = get_json(client, path, query)
    yield page
    while page[link]:
        page = follow(client, page[link])
        yield page


def follow(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.json()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=draw_list())
def test_walking_the_pages_meets_each_row_once_in_the_ordering(db: None, case: Any) -> None:
    model, rows, ordering, size = case
    try:
        with transaction.atomic():
            walk_both_ways(model, rows, ordering, size)
            raise Rollback
    except Rollback:
        pass


def nulls_last(term: str) -> OrderBy:
    column = F(term.removeprefix("-").replace("source", "source__slug"))
    return column.desc(nulls_last=True) if term.startswith("-") else column.asc(nulls_last=True)


def walk_both_ways(model: Any, rows: list[dict[str, Any]], ordering: list[str], size: int) -> None:
    for row in rows:
        create_record(model, **row | {"source": ensure_source(row["source"])})
    client = create_api_client()
    query = {"ordering": ",".join(ordering), "page_size": size, "include_deleted": "true"}
    terms = [*ordering, "-id" if ordering[-1].startswith("-") else "id"]
    expected = list(model.objects.order_by(*map(nulls_last, terms)).values_list("id", flat=True))

    forward = []
    for page in walk_pages(client, f"{PATHS[model]}/", query, "next"):
        forward.append(page)
        assert len(forward) <= len(rows) + 1, "the pages do not end"
    assert [row["id"] for page in forward for row in page["results"]] == expected
    assert forward[0]["previous"] is None
    assert all(len(page["results"]) == size for page in forward[:-1])

    backward = [forward[-1]]
    while backward[-1]["previous"]:
        backward.append(follow(client, backward[-1]["previous"]))
        assert len(backward) <= len(forward), "the pages do not end"
    assert [row["id"] for page in reversed(backward) for row in page["results"]] == expected
    if len(backward) > 1:
        second_page = follow(client, backward[-1]["next"])
        assert second_page["results"] == forward[1]["results"]


@pytest.mark.parametrize(("ordering", "values"), [("-value", [7, 5, 1]), ("value", [1, 5, 7])])
def test_rows_without_a_value_come_last_in_both_directions(ordering: str, values: list[int]) -> None:
    for value in (5, None, 1, None, 7):
        create_record(Deal, value=value)
    client = create_api_client()
    pages = list(walk_pages(client, "deals/", {"ordering": ordering, "page_size": 2}, "next"))
    shown = [row["value"] and int(float(row["value"])) for page in pages for row in page["results"]]
    assert shown == [*values, None, None]
    assert follow(client, pages[2]["previous"])["results"] == pages[1]["results"]
    assert follow(client, pages[1]["previous"])["results"] == pages[0]["results"]


def test_rows_that_come_and_go_between_pages_shift_nothing(client_with_deals: Client) -> None:
    client = client_with_deals
    first = get_json(client, "deals/", {"page_size": 2})
    newest, second = first["results"]
    create_record(Deal)
    Deal.objects.filter(pk=second["id"]).delete()
    rest = follow(client, first["next"])
    assert [row["id"] for row in rest["results"]] == [newest["id"] - 2, newest["id"] - 3]


def test_a_page_that_has_lost_its_rows_leads_back_to_the_list(client_with_deals: Client) -> None:
    client = client_with_deals
    second = follow(client, get_json(client, "deals/", {"page_size": 2})["next"])
    Deal.objects.filter(pk__gt=second["results"][0]["id"]).delete()
    empty = follow(client, second["previous"])
    assert (empty["results"], empty["previous"]) == ([], None)
    assert follow(client, empty["next"])["results"] == second["results"]


@pytest.fixture
def client_with_deals() -> Client:
    for _ in range(4):
        create_record(Deal)
    return create_api_client()


def test_filters_travel_with_the_links(client_with_deals: Client) -> None:
    for _ in range(3):
        create_record(Deal, status="won")
    query = {"status": "won", "page_size": 1, "ordering": "value"}
    rows = [page["results"][0] for page in walk_pages(client_with_deals, "deals/", query, "next")]
    assert [row["status"] for row in rows] == ["won"] * 3


def extract_cursor(page: dict[str, Any]) -> str:
    return parse_qs(urlsplit(page["next"]).query)["cursor"][0]


def test_a_forged_cursor_or_one_of_another_ordering_or_list_is_refused(client_with_deals: Client) -> None:
    client = client_with_deals
    cursor = extract_cursor(get_json(client, "deals/", {"ordering": "value", "page_size": 1}))
    get_json(client, "deals/", {"ordering": "value", "cursor": cursor})
    for path, query in [
        ("deals/", {"cursor": cursor}),
        ("deals/", {"cursor": cursor, "ordering": "-value"}),
        ("deals/", {"cursor": cursor, "ordering": "value,-id"}),
        ("leads/", {"cursor": cursor, "ordering": "value"}),
        ("deals/", {"cursor": cursor[:-1] + "_", "ordering": "value"}),
        ("deals/", {"cursor": "x" + cursor, "ordering": "value"}),
    ]:
        assert list(get_json(client, path, query, status=400)["errors"]) == ["cursor"]


def test_a_cursor_under_other_filters_is_refused(client_with_deals: Client) -> None:
    client = client_with_deals
    for _ in range(2):
        create_record(Deal, status="won")
    query = {"status__in": "won,open", "page_size": 1}
    cursor = extract_cursor(get_json(client, "deals/", query))
    get_json(client, "deals/", query | {"cursor": cursor, "page_size": 2, "fields": "id"})
    for other in (
        {"status__in": "won"},
        {"status__in": "won,open", "value__gte": 1},
        {"status": "won"},
        {},
    ):
        errors = get_json(client, "deals/", other | {"cursor": cursor}, status=400)["errors"]
        assert errors["cursor"][0].startswith("This cursor belongs to other filters."), other


def test_a_cursor_of_another_records_timeline_is_refused() -> None:
    client = create_api_client()
    deals = [create_record(Deal) for _ in range(2)]
    for deal in deals * 2:
        create_timeline_entry(deal, NOW, {})
    cursor = get_json(client, f"deals/{deals[0].pk}/timeline/", {"page_size": 1})["next_cursor"]
    get_json(client, f"deals/{deals[0].pk}/timeline/", {"cursor": cursor})
    get_json(client, f"deals/{deals[1].pk}/timeline/", {"cursor": cursor}, status=400)


def test_the_next_page_is_in_the_header_and_its_cursor_in_the_body(client_with_deals: Client) -> None:
    client = client_with_deals
    query: dict[str, Any] = {"page_size": 3, "value__isnull": "true"}
    answer = client.get("/api/v1/deals/", query)
    page = answer.json()
    assert answer["Link"] == f'<{page["next"]}>; rel="next"'
    assert page["next_cursor"] == extract_cursor(page)
    last = client.get("/api/v1/deals/", query | {"cursor": page["next_cursor"]})
    assert last.json() == follow(client, page["next"])
    assert (last.json()["next"], last.json()["next_cursor"]) == (None, None)
    assert not last.has_header("Link")
    assert len(last.json()["results"]) == 1


def test_an_address_too_long_for_a_header_stands_in_the_body_alone(client_with_deals: Client) -> None:
    ids = [*Deal.objects.values_list("id", flat=True), *range(10**6, 10**6 + 300)]
    query: dict[str, Any] = {"page_size": 1, "id__in": ",".join(map(str, ids))}
    answer = client_with_deals.get("/api/v1/deals/", query)
    assert len(answer.json()["next"]) > 2000
    assert not answer.has_header("Link")


def test_a_cursor_of_the_version_before_is_refused(client_with_deals: Client) -> None:
    old = {"model": "entities.Deal", "ordering": ["-id"], "is_backward": False, "key": 1, "position": [1]}
    cursor = Signer(salt="entities.api.pagination").sign_object(old, compress=True)
    get_json(client_with_deals, "deals/", {"cursor": cursor}, status=400)


def test_an_ordering_by_a_text_too_long_for_an_address_has_pages() -> None:
    client = create_api_client()
    generator = random.Random(1)
    bodies = ["".join(generator.choices("abcdefghij", k=20_000)) for _ in range(5)]
    rows = {create_record(Message, body=body).pk: body for body in bodies}
    followed_pages = list(walk_pages(client, "messages/", {"ordering": "body", "page_size": 2}, "next"))
    assert all(len(page["next"]) < 2000 for page in followed_pages[:-1])
    assert [row["id"] for page in followed_pages for row in page["results"]] == sorted(
        rows, key=lambda pk: rows[pk]
    )
    Message.objects.filter(pk=followed_pages[0]["results"][-1]["id"]).delete()
    assert client.get(followed_pages[0]["next"]).json()["errors"].keys() == {"cursor"}


def test_pages_have_100_rows_by_default_and_500_at_most() -> None:
    deals = [Deal(source=ensure_source(), external_id=str(n), is_placeholder=False) for n in range(501)]
    Deal.objects.bulk_create(deals)
    client = create_api_client()
    assert len(get_ids(client, "deals/")) == 100
    assert len(get_ids(client, "deals/", page_size=500)) == 500


@pytest.mark.parametrize("path", list(VIEWSETS))
def test_every_column_that_can_be_ordered_by_can(path: str) -> None:
    client = create_api_client()
    for name in VIEWSETS[path].orderable_columns:
        get_json(client, f"{path}/", {"ordering": f"-{name}"})

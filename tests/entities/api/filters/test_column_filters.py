"""Filters: each column has some, and each finds the rows it describes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from crmmirror.api_urls import VIEWSETS
from entities.api.views import api_path
from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Lead
from entities.models.introspection import record_models
from tests.support.api_client import create_record, ensure_source, get_ids

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_every_column_has_a_filter_and_an_ordering(model: Any) -> None:
    """A new field gets both from its class; a new class of field needs a row in FILTER_KINDS."""
    viewset = VIEWSETS[api_path(model)]
    documents = {field.name for field in model._meta.fields if field.get_internal_type() == "JSONField"}
    columns = {field.name for field in model._meta.fields} - {"scope", "registers"}
    filters = viewset.filterset_class.base_filters
    assert [name for name in columns if name not in filters and f"{name}__contains" not in filters] == []
    assert columns - documents == set(viewset.orderable_columns)


STATUS_VALUES = [("won", 1), ("lost", 1), ("abandoned", 0), ("open", 0)]
FILTER_CASES = [
    # column, its value, queries that find the row, queries that do not
    (
        "title",
        "Big, deal",
        ["title=Big, deal", "title__icontains=IG, D", 'title__in=x,"Big, deal"', "title__not=big"],
        ["title=big", "title__not=Big, deal", 'title__not_in=x,"Big, deal"'],
    ),
    ("title", "", ["title=", 'title__in=""'], ["title__isnull=true"]),
    (
        "title",
        None,
        ["title__isnull=true", "title__not=x", "title__not_in=x,y", "title__not="],
        ["title__isnull=false", "title="],
    ),
    (
        "status",
        "won",
        ["status=won", "status= Won ", "status__in=lost,won", "status__in=lost, won", "status__icontains=WO"],
        ["status=lost", "status__in=lost,open", "status__not=Won", "status__not_in=open,WON"],
    ),
    ("title", "a, b", ['title__in=x, "a, b"', 'title__in="a, b" ,x'], ["title__in=a, b"]),
    ("title", " a ", ['title__in=" a "', "title= a "], ["title__in= a ", "title=a"]),
    ("title", "+971501234567", ["title=%2B971501234567", "title__in=x,%2B971501234567"], []),
    (
        "value",
        Decimal("10.5"),
        [
            "value=10.50",
            "value=+10.5",
            "value__gte=10.5",
            "value__gt=10.4999",
            "value__lt=11 ",
            "value__in=1, 10.5",
        ],
        ["value__gt=10.5", "value__lt=10.5", "value=10", "value__not=10.5", "value__not_in=1,10.5"],
    ),
    (
        "expected_close_date",
        date(2025, 3, 1),
        [
            "expected_close_date=2025-03-01",
            "expected_close_date= 2025-03-01 ",
            "expected_close_date__in=2025-02-01, 2025-03-01",
            "expected_close_date__lte=2025-03-01",
        ],
        ["expected_close_date__lt=2025-03-01", "expected_close_date__gt=9999-12-31"],
    ),
    (
        "closed_at",
        datetime(2025, 3, 1, 12, tzinfo=UTC),
        [
            "closed_at=2025-03-01T12:00:00Z",
            "closed_at=2025-03-01T16:00:00%2B04:00",
            "closed_at=2025-03-01T12:00:00Z ",
            "closed_at__in=2025-03-01T12:00:00Z, 2025-04-01",
            "closed_at__lt=2025-03-01 12:00:00.000001",
        ],
        [
            "closed_at__gt=2025-03-01T12:00Z",
            "closed_at__lt=0001-01-01T00:00:00Z",
            "closed_at__in=2025-03-01T12:00:01Z",
        ],
    ),
    *(
        (
            "closed_at",
            moment,
            [
                "closed_at=2026-03-31",
                "closed_at__in=2026-03-31",
                "closed_at__in=2025-01-01, 2026-03-31",
                "closed_at__gt=2026-03-30",
                "closed_at__gte=2026-03-31",
                "closed_at__lt=2026-04-01",
                "closed_at__lte=2026-03-31",
                "closed_at__not=2026-04-01",
            ],
            [
                "closed_at__not=2026-03-31",
                "closed_at__not_in=2026-03-31,2025-01-01",
                "closed_at=2026-03-30",
                "closed_at=2026-04-01",
                "closed_at__in=2026-03-30,2026-04-01",
                "closed_at__gt=2026-03-31",
                "closed_at__gte=2026-04-01",
                "closed_at__lt=2026-03-31",
                "closed_at__lte=2026-03-30",
            ],
        )
        for moment in (
            datetime(2026, 3, 31, tzinfo=UTC),
            datetime(2026, 3, 31, 17, tzinfo=UTC),
            datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        )
    ),
    ("closed_at", None, ["closed_at__not=2026-03-31", "closed_at__not_in=2026-03-31"], []),
    ("value", None, ["value__not=1", "value__not_in=1,2"], ["value__gt=0", "value__lt=0"]),
    (
        "closed_at",
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ["closed_at=9999-12-31", "closed_at__lte=9999-12-31", "closed_at__in=9999-12-31,0001-01-01"],
        ["closed_at__gt=9999-12-31", "closed_at__lt=9999-12-31", "closed_at__lte=0001-01-01"],
    ),
    (
        "custom_fields",
        {"tier": {"name": "gold"}, "n": 1},
        ['custom_fields__contains={"tier": {"name": "gold"}}', "custom_fields__has_key=tier"],
        [
            'custom_fields__contains={"tier": 1}',
            "custom_fields__has_key=gold",
            "custom_fields__contains=null",
        ],
    ),
    (
        "extra",
        {"colour": "red"},
        ['extra__contains={"colour":"red"}', "extra__has_key=colour"],
        ["extra__has_key=red"],
    ),
    ("external_id", "dl_9", ["external_id=dl_9", "external_id__in=dl_9"], ["external_id=dl_"]),
]


@pytest.mark.parametrize(("column", "value", "finding", "missing"), FILTER_CASES)
def test_a_filter_finds_the_rows_it_describes(
    client: Client, column: str, value: Any, finding: list[str], missing: list[str]
) -> None:
    deal = create_record(Deal, **{column: value})
    for query, expected in [*((q, [deal.pk]) for q in finding), *((q, []) for q in missing)]:
        response = client.get(f"/api/v1/deals/?{quote(query, safe='=&%')}")
        assert response.status_code == 200, (query, response.content)
        assert [row["id"] for row in response.json()["results"]] == expected, query


def test_a_flag_that_may_be_unknown_can_be_negated(client: Client) -> None:
    rows = [create_record(Lead, archived=archived).pk for archived in (True, False, None)]
    assert get_ids(client, "leads/", archived__not="true") == [rows[2], rows[1]]
    assert get_ids(client, "leads/", archived="false") == [rows[1]]
    assert client.get("/api/v1/leads/?is_deleted__not=true").status_code == 400


def test_filters_go_together(client: Client) -> None:
    create_record(Deal, status="won", value=1)
    both = create_record(Deal, status="won", value=5)
    assert get_ids(client, "deals/", status="won", value__gt=2) == [both.pk]


def test_sources_are_asked_for_by_slug(client: Client) -> None:
    other = create_record(Lead, source=ensure_source("other"))
    create_record(Lead)
    assert get_ids(client, "leads/", source="other") == [other.pk]
    assert get_ids(client, "leads/", source__in="Other,other") == [other.pk]
    assert len(get_ids(client, "leads/", source__not="other")) == 1


def test_references_are_asked_for_by_id_and_by_the_vendors_id(client: Client) -> None:
    buyer = create_record(ClientRecord, external_id="cl_1")
    deal = create_record(Deal, client=buyer)
    alone = create_record(Deal)
    assert get_ids(client, "deals/", client=buyer.pk) == [deal.pk]
    assert get_ids(client, "deals/", client__in=f"0,{buyer.pk}") == [deal.pk]
    assert get_ids(client, "deals/", client__external_id="cl_1") == [deal.pk]
    assert get_ids(client, "deals/", client__external_id__in="cl_0,cl_1") == [deal.pk]
    assert get_ids(client, "deals/", client__isnull="true") == [alone.pk]
    assert get_ids(client, "deals/", client__not=buyer.pk) == [alone.pk]
    assert get_ids(client, "deals/", client__external_id__not="cl_1") == [alone.pk]
    assert get_ids(client, "deals/", client__external_id__not_in="cl_1,cl_2") == [alone.pk]
    assert get_ids(client, "deals/", client__external_id__not="cl_2") == [alone.pk, deal.pk]


def test_tags_are_asked_for_by_all_or_any_of_them(client: Client) -> None:
    both = create_record(Contact, tags=["a,b", "vip"])
    one = create_record(Contact, tags=["vip"])
    none = create_record(Contact)
    assert get_ids(client, "contacts/", tags="vip") == [one.pk, both.pk]
    assert get_ids(client, "contacts/", tags__contains='vip,"a,b"') == [both.pk]
    assert get_ids(client, "contacts/", tags__overlap='x,"a,b"') == [both.pk]
    assert get_ids(client, "contacts/", tags__isnull="true") == [none.pk]


def test_what_was_merged_into_a_record_is_found(client: Client) -> None:
    survivor = create_record(Contact, external_id="ct_9")
    merged = create_record(Contact, merged_into="ct_9", is_deleted=True)
    assert get_ids(client, "contacts/", merged_into="ct_9") == []
    for query in ({"merged_into": "ct_9"}, {"merged_into__in": "x,ct_9"}, {"merged_into__isnull": "false"}):
        assert get_ids(client, "contacts/", **query, include_deleted="true") == [merged.pk], query
    assert get_ids(client, "contacts/", merged_into__isnull="true", include_deleted="true") == [survivor.pk]


def test_a_list_may_be_given_with_commas_by_repetition_or_both(client: Client) -> None:
    deals = [create_record(Deal, status=status, value=value).pk for status, value in STATUS_VALUES]
    for query in (
        "status__in=won,lost,abandoned",
        "status__in=won&status__in=lost&status__in=abandoned",
        "status__in=won, lost&status__in=abandoned",
    ):
        rows = client.get(f"/api/v1/deals/?{query}&ordering=id").json()["results"]
        assert [row["id"] for row in rows] == deals[:3], query
        page = client.get(f"/api/v1/deals/?{query}&ordering=value&ordering=-id&page_size=2").json()
        found = page["results"] + client.get(page["next"]).json()["results"]
        assert [row["id"] for row in found] == [deals[2], deals[1], deals[0]], query
    contacts = [create_record(Contact, tags=[tag]).pk for tag in ("vip", "hot", "cold")]
    for query in ("tags__overlap=vip,%20hot", "tags__overlap=vip&tags__overlap=hot"):
        rows = client.get(f"/api/v1/contacts/?{query}&ordering=id").json()["results"]
        assert [row["id"] for row in rows] == contacts[:2], query


def test_repeated_parameters_of_a_list_are_bounded_together(client: Client) -> None:
    text = "&".join(["id__in=" + ",".join(["1"] * 501)] * 2)
    response = client.get(f"/api/v1/deals/?{text}")
    assert response.json()["errors"] == {"id__in": ["This is a list of 1002 values. Write at most 1000."]}
    longest = "&".join(["id__in=1"] * 1000)
    assert client.get(f"/api/v1/deals/?{longest}&page_size=1&status=won").status_code == 200

"""Filters by one key of a JSON column: numbers compare as numbers, and other types never match."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entities.api.filters.key_filters import KEY_LOOKUPS, KeyValue, make_key_field, match_key, split_key_path
from entities.models import Deal, FormSubmission
from tests.support.api_client import create_record, get_ids

pytestmark = pytest.mark.django_db

DOCUMENTS: dict[str, Any] = {
    "missing": {},
    "null": {"k": None},
    "true": {"k": True},
    "ten": {"k": 10},
    "ten-text": {"k": "10"},
    "ten-point": {"k": 10.0},
    "two": {"k": 2},
    "huge": {"k": 10**30},
    "north": {"k": "north"},
    "quoted": {"k": 'a "b"'},
    "list": {"k": [10]},
    "object": {"k": {"k": 10}},
    "percent": {"k": "100%_"},
}
NO_TEXT = {"missing", "null"}
CASES: list[tuple[str, set[str]]] = [
    ("k=10", {"ten", "ten-point"}),
    ("k=10.00", {"ten", "ten-point"}),
    ("k=1e1", {"ten", "ten-point"}),
    ('k="10"', {"ten-text"}),
    ("k=010", set()),
    ("k=true", {"true"}),
    ('k="true"', set()),
    ("k=north", {"north"}),
    ("k=North", set()),
    ('k="a "b""', {"quoted"}),
    ("k=null", set()),
    ("k__in=10,north", {"ten", "ten-point", "north"}),
    ("k__in=10&extra.k__in=north", {"ten", "ten-point", "north"}),
    ("k__not=10", set(DOCUMENTS) - {"ten", "ten-point"}),
    ("k__not_in=10,north,true", set(DOCUMENTS) - {"ten", "ten-point", "north", "true"}),
    ("k__gt=2", {"ten", "ten-point", "huge"}),
    ("k__gte=2", {"two", "ten", "ten-point", "huge"}),
    ("k__lt=10", {"two"}),
    ("k__lte=10", {"two", "ten", "ten-point"}),
    ("k__gt=1e29", {"huge"}),
    ("k__gte=m", {"north"}),
    ('k__lt="2"', {"ten-text", "percent"}),
    ("k__icontains=ORT", {"north"}),
    ("k__icontains=0%25_", {"percent"}),
    ("k__icontains=0", {"ten-text", "percent"}),
    ("k__isnull=true", {"missing", "null"}),
    ("k__isnull=false", set(DOCUMENTS) - {"missing", "null"}),
    ("k__exact=10", {"ten", "ten-point"}),
    ("other__isnull=true", set(DOCUMENTS)),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_a_key_is_compared_with_values_of_its_type(client: Client, query: str, expected: set[str]) -> None:
    for name, document in DOCUMENTS.items():
        create_record(Deal, external_id=name, extra=document, custom_fields=document)
    for column in ("extra", "custom_fields"):
        address = f"/api/v1/deals/?{column}." + quote(query.replace("extra.", f"{column}."), safe="=&%.")
        response = client.get(address)
        assert response.status_code == 200, response.content
        assert {row["external_id"] for row in response.json()["results"]} == expected, column


def test_a_record_without_the_column_has_none_of_its_keys(client: Client) -> None:
    row = create_record(Deal, custom_fields=None)
    odd = create_record(Deal, custom_fields=[1])
    assert get_ids(client, "deals/", **{"custom_fields.k__isnull": "true"}) == [odd.pk, row.pk]
    assert get_ids(client, "deals/", **{"custom_fields.k__not": "x"}) == [odd.pk, row.pk]
    for lookup in ("", "__gt", "__icontains", "__in"):
        assert get_ids(client, "deals/", **{f"custom_fields.k{lookup}": "1"}) == []


@pytest.mark.parametrize("key", ["a.b", "a b", "a__b", "ä", "%s", "'", '"', "a__gte__b", "-1", "a,b", "a\n"])
def test_a_key_is_written_as_the_vendor_writes_it(client: Client, key: str) -> None:
    row = create_record(FormSubmission, answers={key: "x"})
    create_record(FormSubmission, answers={"other": "x"})
    assert get_ids(client, "form-submissions/", **{f"answers.{key}": "x"}) == [row.pk]
    assert get_ids(client, "form-submissions/", **{f"answers.{key}__isnull": "false"}) == [row.pk]


def test_a_key_that_ends_like_a_lookup_is_written_with_exact(client: Client) -> None:
    row = create_record(Deal, extra={"a__in": "x"})
    assert get_ids(client, "deals/", **{"extra.a__in__exact": "x"}) == [row.pk]


def test_a_key_filter_goes_with_pages_and_orderings(client: Client) -> None:
    rows = [create_record(Deal, extra={"score": score}).pk for score in (1, 5, 9)]
    page = client.get("/api/v1/deals/?extra.score__gte=5&ordering=id&page_size=1").json()
    assert [row["id"] for row in page["results"]] == rows[1:2]
    assert [row["id"] for row in client.get(page["next"]).json()["results"]] == rows[2:]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=JSON_VALUES, lookup=st.sampled_from(KEY_LOOKUPS), text=st.text(max_size=8) | st.floats().map(str)
)
def test_no_value_and_no_key_makes_a_query_fail(db: None, document: Any, lookup: str, text: str) -> None:
    row = Deal.objects.filter(external_id="x").first() or create_record(Deal, external_id="x")
    Deal.objects.filter(pk=row.pk).update(extra={"k": document})
    field = make_key_field(lookup)
    with suppress(ValidationError):
        value = field.clean([text] if lookup in ("in", "not_in") else text)
        list(Deal.objects.filter(match_key("extra", "k", lookup, value)))
        list(Deal.objects.exclude(match_key("extra", "k", lookup, value)))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(-(10**20), 10**20) | st.floats(-1e20, 1e20), other=st.integers(-5, 5))
def test_numbers_have_the_order_of_numbers(db: None, number: float, other: int) -> None:
    row = Deal.objects.filter(external_id="x").first() or create_record(Deal, external_id="x")
    Deal.objects.filter(pk=row.pk).update(extra={"k": number})
    for lookup, is_true in (("gt", number > other), ("lte", number <= other), ("exact", number == other)):
        value = make_key_field(lookup).clean(str(other))
        assert Deal.objects.filter(match_key("extra", "k", lookup, value)).exists() == is_true


@given(text=st.text(max_size=10))
def test_a_value_of_a_key_is_a_json_scalar(text: str) -> None:
    with suppress(ValidationError):
        assert isinstance(json.loads(KeyValue(required=False).clean(text)), str | int | float | bool)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("extra.a", ("extra", "a", "exact")),
        ("extra.a__in", ("extra", "a", "in")),
        ("extra.a__not_in", ("extra", "a", "not_in")),
        ("extra.a.b__gte", ("extra", "a.b", "gte")),
        ("extra.__in", ("extra", "__in", "exact")),
        ("extra.", None),
        ("extra", None),
        ("extra.\0", None),
        ("extra.\ud800", None),
    ],
)
def test_a_parameter_is_split_into_column_key_and_lookup(name: str, parts: Any) -> None:
    assert split_key_path(name) == parts

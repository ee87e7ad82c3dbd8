"""Exports of lists, through the addresses: what is in the files."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from entities.api.exports.file_formats import FILE_FORMATS
from entities.api.views import api_path
from entities.models import ApiToken, Contact, Deal, Record
from entities.models import Client as ClientRecord
from entities.models.introspection import record_models
from tests.support.access_limits import create_member, limit
from tests.support.api_client import (
    NOW,
    create_event,
    create_record,
    ensure_source,
    get_json,
)
from tests.support.api_exports import get_file
from tests.support.named_ids import create_name

pytestmark = pytest.mark.django_db
ODD_TEXTS = (
    "",
    "+971501",
    "=1+1",
    'a "quoted", text\r\nof two\nlines',
    "\\N",
    "\\.",
    " x ",
    "مرحبا\u2028",
    "%s",
)
ODD_DOCUMENT = {"big": 10**30, "deep": [[-(10**30), 1.5, None, {"%s": '\\ " \t'}]], "true": True}


def make_odd_deals() -> None:
    """Make a deal for each odd text, and others with all kinds of values."""
    create_name("s1", name='The "stage"')
    buyer = create_record(ClientRecord)
    for text in ODD_TEXTS:
        create_record(Deal, title=text, extra={text or "empty": text}, stage_ref="s1")
    create_record(
        Deal,
        value=Decimal("-0.1234"),
        created_at=datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        expected_close_date=date(2025, 1, 31),
        client=buyer,
        custom_fields=ODD_DOCUMENT,
        extra=ODD_DOCUMENT,
    )
    create_record(Deal, value=Decimal(25000), custom_fields=[ODD_DOCUMENT], extra={"custom_fields": 1})


def list_all(client: Client, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    return get_json(client, path, query | {"page_size": 500})["results"]


def read_ndjson(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().removesuffix("\n").split("\n")]


def as_csv(value: Any) -> str:
    """Return what a cell of CSV has for a value of the API."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_plain(text: str) -> Any:
    """Return the JSON value of a document's cell, and other texts as they are."""
    return json.loads(text) if text[:1] in ("{", "[") else text


def test_ndjson_has_the_rows_of_the_pages(client: Client) -> None:
    make_odd_deals()
    query = {"ordering": "title,-value"}
    assert read_ndjson(get_file(client, "deals/", format="ndjson", **query)) == list_all(
        client, "deals/", query
    )


def test_csv_has_the_rows_of_the_pages_as_text(client: Client) -> None:
    make_odd_deals()
    rows = list_all(client, "deals/", {})
    content = get_file(client, "deals/", format="csv")
    heading, *cells = csv.reader(io.StringIO(content.decode(), newline=""))
    assert heading == list(rows[0])
    expected = [[as_plain(as_csv(value)) for value in row.values()] for row in rows]
    assert [[as_plain(text) for text in row] for row in cells] == expected


def test_csv_tells_an_empty_text_from_null_and_ends_lines_as_the_standard_does(client: Client) -> None:
    create_record(Deal, title="")
    create_record(Deal, title=None)
    create_record(Deal, title="=1+1")
    content = get_file(client, "deals/", format="csv", fields="title,is_deleted", ordering="id")
    assert content == b'title,is_deleted\r\n"",false\r\n,false\r\n=1+1,false\r\n'


def test_an_excel_file_has_the_rows_as_texts(client: Client) -> None:
    make_odd_deals()
    book = load_workbook(io.BytesIO(get_file(client, "deals/", format="xlsx", fields="title,value,stage")))
    cells = list(book.worksheets[0].iter_rows(values_only=True))
    rows = list_all(client, "deals/", {"fields": "title,value,stage"})
    assert cells[0] == ("title", "value", "stage")
    expected = [tuple(value or None for value in row.values()) for row in rows]
    assert [tuple(one and one.replace("_x000D_", "\r") for one in row) for row in cells[1:]] == expected
    assert {type(value) for row in cells for value in row} == {str, type(None)}


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_every_list_can_be_a_file(client: Client, model: type[Record]) -> None:
    create_record(model)
    path = f"{api_path(model)}/"
    assert read_ndjson(get_file(client, path, format="ndjson")) == list_all(client, path, {})


def test_events_and_sources_can_be_files(client: Client) -> None:
    create_event(NOW, warnings=["a, b"])
    for path in ("events/", "sources/"):
        assert read_ndjson(get_file(client, path, format="ndjson")) == list_all(client, path, {})
    assert b'"[""a, b""]"' in get_file(client, "events/", format="csv", fields="warnings")


def test_tags_are_a_list(client: Client) -> None:
    create_record(Contact, tags=["a,b", 'c"'])
    [row] = read_ndjson(get_file(client, "contacts/", format="ndjson", fields="tags"))
    assert row == {"tags": ["a,b", 'c"']}
    assert get_file(client, "contacts/", format="csv", fields="tags") == b'tags\r\n"[""a,b"",""c\\""""]"\r\n'


def test_filters_order_and_fields_hold_for_files(client: Client) -> None:
    for value in (3, 1, 2):
        create_record(Deal, value=value, custom_fields={"region, %s": f"r{value}"})
    create_record(Deal, value=9, is_deleted=True)
    query = {"value__gt": "1", "ordering": "value", "fields": 'value,"custom_fields.region, %s"'}
    rows = [{"value": f"{value}.00", "custom_fields.region, %s": f"r{value}"} for value in (2, 3)]
    assert read_ndjson(get_file(client, "deals/", format="ndjson", **query)) == rows


def test_a_field_with_a_long_name_has_all_of_it(client: Client) -> None:
    """Arabic letters take two bytes each, and the database cuts the names of columns at 63 bytes."""
    name = f"custom_fields.{'م' * 30}"
    create_record(Deal, custom_fields={"م" * 30: 1})
    query = {"fields": f"{name},{name}ن"}
    rows = list_all(client, "deals/", query)
    assert rows == [{name: 1, f"{name}ن": None}]
    assert read_ndjson(get_file(client, "deals/", format="ndjson", **query)) == rows
    csv_lines = get_file(client, "deals/", format="csv", **query).decode().splitlines()
    assert csv_lines == [query["fields"], "1,"]


@pytest.mark.parametrize("name", FILE_FORMATS)
@pytest.mark.parametrize("query", [{}, {"id__in": "0"}, {"status__in": "won,lost"}])
def test_a_list_without_rows_is_a_file(client: Client, name: str, query: dict[str, str]) -> None:
    content = get_file(client, "deals/", format=name, fields="id,title", **query)
    if name in ("csv", "ndjson"):
        assert content == (b"id,title\r\n" if name == "csv" else b"")


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_a_filter_that_the_database_is_not_asked_makes_a_file_without_rows(client: Client, name: str) -> None:
    create_event(NOW)
    content = get_file(client, "events/", format=name, fields="id,attempts", attempts="4000000000")
    if name in ("csv", "ndjson"):
        assert content == (b"id,attempts\r\n" if name == "csv" else b"")


def test_a_file_has_what_the_viewer_sees() -> None:
    source = ensure_source("shared", vendor="seedly")
    for scope in ("north", "south"):
        create_record(Deal, source=source, scope=scope, title=scope)
    token = ApiToken.issue(limit(create_member("Viewer"), source, "north"), "t")[1]
    reader = Client(headers={"authorization": f"Token {token}"})
    for name in FILE_FORMATS:
        content = get_file(reader, "deals/", format=name, fields="title")
        if name in ("csv", "ndjson"):
            assert b"north" in content
            assert b"south" not in content
    nobody = ApiToken.issue(create_member(), "t")[1]
    answer = Client().get("/api/v1/deals/?format=csv", headers={"authorization": f"Token {nobody}"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_the_number_of_queries_is_the_same_for_any_number_of_rows(
    client: Client, name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token with its user and its limits; a savepoint of the test's transaction, the
    time limit, one COPY and the audit entry; for Excel the count. The feed adds its cursor."""
    for _ in range(3):
        create_record(Deal)
    with django_assert_num_queries(8 + (name == "xlsx")):
        get_file(client, "deals/", format=name)

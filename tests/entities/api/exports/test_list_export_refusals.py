"""Exports of lists that are refused, and how a request says which format it wants."""

import pytest
from django.test import Client

from entities.api.exports import file_formats
from entities.api.exports.export_places import MAX_EXPORTS, RETRY_SECONDS
from entities.api.exports.file_formats import FILE_FORMATS, FileFormat
from entities.models import Deal
from tests.support.api_client import create_api_client, create_record, get_json
from tests.support.api_exports import get_file

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        *((file_format.media_type, file_format.media_type) for file_format in FILE_FORMATS.values()),
        ("text/html;q=0.9, TEXT/CSV;q=0.8, */*;q=0.1", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_the_header_accept_chooses_the_format(client: Client, accept: str, media_type: str) -> None:
    response = client.get("/api/v1/deals/", headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, media_type)
    b"".join(response)


def test_the_parameter_comes_before_the_header(client: Client) -> None:
    for name, media_type in (("json", "application/json"), ("csv", "text/csv")):
        response = client.get("/api/v1/deals/", {"format": name}, headers={"accept": "application/x-ndjson"})
        assert (response.status_code, response["Content-Type"]) == (200, media_type)
        b"".join(response)
    assert get_json(client, "deals/", {"format": "json"})["results"] == []


def test_one_record_is_no_file(client: Client) -> None:
    deal = create_record(Deal)
    assert "format" in get_json(client, f"deals/{deal.pk}/", {"format": "csv"}, status=400)["errors"]
    assert client.get(f"/api/v1/deals/{deal.pk}/", headers={"accept": "text/csv"}).status_code == 406


def test_a_request_for_the_headers_makes_no_file(client: Client) -> None:
    response = client.head("/api/v1/deals/?format=csv")
    assert (response.status_code, response["Content-Type"], response.content) == (200, "text/csv", b"")


def test_a_file_is_named_after_its_list(client: Client) -> None:
    response = client.get("/api/v1/form-submissions/?format=csv")
    assert response["Content-Disposition"] == 'attachment; filename="form-submissions.csv"'
    b"".join(response)


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ({"format": "xml"}, "format", "Choose from: json, csv, ndjson, parquet, xlsx."),
        ({"format": "csv", "status": "won", "colour": "red"}, "colour", "Unknown parameter"),
        ({"format": "csv", "value__gt": "much"}, "value__gt", "Enter a number"),
        ({"format": "csv", "ordering": "colour"}, "ordering", "colour"),
        ({"format": "csv", "fields": "colour"}, "fields", "colour"),
    ],
)
def test_what_is_wrong_in_the_address_is_a_problem(
    client: Client, query: dict[str, str], parameter: str, words: str
) -> None:
    response = client.get("/api/v1/deals/", query, headers={"accept": "text/csv"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert words in response.json()["errors"][parameter][0]


def test_a_format_whose_package_is_missing_is_a_406_that_names_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_formats, "find_spec", lambda package: None)
    problem = get_json(client, "deals/", {"format": "parquet"}, status=406)
    assert "pyarrow" in problem["detail"]
    assert get_file(client, "deals/", format="csv", fields="id") == b"id\r\n"


def test_more_rows_than_a_sheet_holds_are_a_400(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    small = FileFormat("xlsx", "x/y", FILE_FORMATS["xlsx"].write, max_rows=2)
    monkeypatch.setitem(FILE_FORMATS, "xlsx", small)
    for _ in range(3):
        create_record(Deal)
    problem = get_json(client, "deals/", {"format": "xlsx"}, status=400)
    assert "more than 2 rows" in problem["errors"]["format"][0]
    assert FILE_FORMATS["csv"].max_rows is None


def test_a_third_export_of_a_token_at_a_time_is_a_429(client: Client) -> None:
    """An export that has not been read counts. Others, and pages, are answered meanwhile."""
    open_answers = [client.get("/api/v1/deals/?format=csv") for _ in range(MAX_EXPORTS)]
    refused = client.get("/api/v1/deals/?format=ndjson")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert refused["Retry-After"] == str(RETRY_SECONDS)
    assert get_json(client, "deals/")["results"] == []
    get_file(create_api_client(), "deals/", format="csv")
    b"".join(open_answers[0])
    get_file(client, "deals/", format="csv")
    get_json(client, "deals/", {"format": "csv", "fields": "colour"}, status=400)
    get_file(client, "deals/", format="csv")
    b"".join(open_answers[1])

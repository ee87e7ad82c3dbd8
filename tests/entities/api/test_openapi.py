"""The OpenAPI schema and its page; the API shows records and the log as the schema describes them."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from crmmirror.api_urls import get_openapi_schema
from entities.api.views import api_path
from entities.models import Deal, Record
from entities.models.introspection import record_models
from tests.support.api_client import NOW, create_event, create_record, create_timeline_entry, ensure_source
from tests.support.openapi_parameters import read_parameters
from tests.support.schema_requests import API


@pytest.mark.parametrize("model", record_models(), ids=api_path)
@pytest.mark.parametrize(
    "below", ["", "summary/", "{id}/", "{id}/timeline/", "{id}/history/", "{id}/provenance/"]
)
def test_records_are_shown_as_the_schema_describes(
    headers: dict[str, str], model: type[Record], below: str
) -> None:
    row = create_record(model, extra={"colour": None})
    create_timeline_entry(row, NOW, dict.fromkeys(model.tracked_columns, "won") | {"colour": None})
    request_and_validate(
        f"/api/v1/{api_path(model)}/{below}", {"id": row.pk} if "{id}" in below else {}, headers
    )


@pytest.mark.parametrize("path", ["", "events/", "events/{id}/", "sources/", "sources/{slug}/"])
def test_the_log_is_shown_as_the_schema_describes(headers: dict[str, str], path: str) -> None:
    stored = create_event(body=b"\xff", warnings=["w"], headers={"content-type": "application/json"})
    names = {"id": stored.pk, "slug": ensure_source().slug}
    request_and_validate(
        f"/api/v1/{path}", {name: names[name] for name in names if f"{{{name}}}" in path}, headers
    )


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_the_history_is_shown_as_the_schema_describes(headers: dict[str, str], model: type[Record]) -> None:
    create_timeline_entry(
        create_record(model), NOW, dict.fromkeys(model.tracked_columns, "won") | {"exists": True}
    )
    entity = str(model._meta.verbose_name).replace(" ", "-")
    request_and_validate("/api/v1/history/", {}, headers, entity=entity)


@pytest.mark.parametrize("path", ["funnel/", "time-in-stage/"])
def test_the_figures_of_stages_are_shown_as_the_schema_describes(headers: dict[str, str], path: str) -> None:
    create_timeline_entry(create_record(Deal), NOW, {"stage_ref": "7"})
    request_and_validate(f"/api/v1/deals/{path}", {}, headers)


def request_and_validate(
    path: str, parameters: dict[str, Any], headers: dict[str, str], **query: Any
) -> None:
    case = API[path]["GET"].Case(path_parameters=parameters, query=query)
    response = case.call(headers=headers)
    assert response.status_code == 200
    case.validate_response(response, checks=[response_schema_conformance, content_type_conformance])


def test_the_schema_is_made_without_a_warning() -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=StringIO(), stderr=StringIO())


def test_the_schema_and_its_page_need_no_token_and_nothing_from_elsewhere() -> None:
    client = Client()
    assert client.get("/api/v1/schema/").json()["openapi"].startswith("3.")
    answer = client.get("/api/v1/docs/")
    page = answer.content.decode()
    assert answer["Content-Security-Policy"].endswith("; img-src 'self' data:")
    script = client.get("/api/v1/docs/?script=").content.decode()
    assert "//" not in page.replace("<!--", "")
    assert "<style" not in page
    assert "<script>" not in page
    assert "/api/v1/docs/schema/" in script
    for asset in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(asset), asset


def test_the_schema_says_how_lists_are_written_and_what_a_date_means_for_a_time() -> None:
    operation = get_openapi_schema()["paths"]["/api/v1/deals/"]["get"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    for name in ("status__in", "value__in", "created_at__in", "ordering"):
        assert parameters[name]["schema"]["type"] == "array"
        assert (parameters[name]["style"], parameters[name]["explode"]) == ("form", True)
        assert "separated by commas or given by repeating" in parameters[name]["description"]
    for lookup in ("", "__in", "__gt", "__gte", "__lt", "__lte"):
        description = parameters[f"created_at{lookup}"]["description"]
        assert "a date means" in description
        assert "in UTC" in description
        assert "a date means" not in parameters[f"expected_close_date{lookup}"]["description"]


def test_every_answer_that_is_no_success_is_described() -> None:
    schema = get_openapi_schema()
    statuses = {"400", "401", "403", "404", "405", "406", "429", "503"}
    of_cursors = {"/api/v1/changes/": {"410"}, "/api/v1/changes/digest/": {"409", "410"}}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert set(operation["responses"]) == statuses | {"200"} | of_cursors.get(path, set()), path
            assert operation["tags"], path
    answers = schema["components"]["responses"]
    assert {answer["description"] for answer in answers.values()} >= {
        "The API is read-only: it takes GET, HEAD and OPTIONS",
        "None of the media types in Accept can be answered",
    }
    retried = [name for name, answer in answers.items() if "Retry-After" in answer["headers"]]
    assert retried == ["Problem429", "Problem503"]
    assert schema["servers"] == [{"url": "http://127.0.0.1:8000", "description": "This mirror."}]
    assert {tag["name"] for tag in schema["tags"]} >= {"api", "deals", "events", "search", "sources"}


def list_schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a JSON document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from list_schemas(inner)


def test_every_answer_says_what_is_left_of_the_limits() -> None:
    schema = get_openapi_schema()
    for path, operations in schema["paths"].items():
        for answer in (*operations["get"]["responses"].values(), *schema["components"]["responses"].values()):
            if "$ref" not in answer:
                names = {"RateLimit", "RateLimit-Policy"}
                assert names <= set(answer["headers"]), path
    assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= set(schema["components"]["headers"])


def test_every_parameter_is_of_one_type_which_generators_of_clients_know() -> None:
    for path, operations in get_openapi_schema()["paths"].items():
        for parameter in operations["get"].get("parameters", ()):
            schema = parameter["schema"]
            kinds = [kind for kind in (schema, schema.get("items", schema)) if "type" not in kind]
            assert not kinds, (path, parameter["name"])
            assert not {"anyOf", "oneOf"} & {word for part in list_schemas(schema) for word in part}


def test_no_row_of_records_has_a_name_that_generated_clients_use_themselves() -> None:
    schemas = get_openapi_schema()["components"]["schemas"]
    assert {f"{model.__name__}Record" for model in record_models()} <= set(schemas)
    assert not {"Client", "Configuration", "Response"} & set(schemas)


def test_no_enumeration_has_null_only() -> None:
    enumerations = [part["enum"] for part in list_schemas(get_openapi_schema()) if "enum" in part]
    assert [None] not in enumerations
    assert enumerations


def test_integers_have_64_bits() -> None:
    integers = [part for part in list_schemas(get_openapi_schema()) if part.get("type") == "integer"]
    assert {part["format"] for part in integers} == {"int64"}


def test_the_schema_of_the_page_has_one_entry_for_each_column() -> None:
    whole = get_openapi_schema()["paths"]
    page = Client().get("/api/v1/docs/schema/").json()
    assert page["paths"].keys() == whole.keys()
    for path in page["paths"]:
        shown = read_parameters(page, path)
        text = " ".join([parameter["description"] for parameter in shown if "description" in parameter])
        for parameter in whole[path]["get"].get("parameters", ()):
            names = [entry["name"] for entry in shown]
            assert parameter["name"] in names or f"`{parameter['name']}`" in text, parameter["name"]
    names = [parameter["name"] for parameter in read_parameters(page, "/api/v1/deals/")]
    assert len(names) == len(set(names)) < 60


def test_the_schema_says_which_orderings_an_index_serves() -> None:
    operation = get_openapi_schema()["paths"]["/api/v1/deals/"]["get"]
    (ordering,) = [parameter for parameter in operation["parameters"] if parameter["name"] == "ordering"]
    assert "By id, created_at, last_event_at, changed_at, closed_at alone" in ordering["description"]


@pytest.mark.parametrize(("method", "accept", "status"), [("post", "*/*", 405), ("get", "text/html", 406)])
def test_what_the_api_does_not_do_is_answered_as_the_schema_says(
    headers: dict[str, str], method: str, accept: str, status: int
) -> None:
    answer = Client(headers=headers).generic(method.upper(), "/api/v1/deals/", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")

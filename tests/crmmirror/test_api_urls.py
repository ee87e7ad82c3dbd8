"""The API as a whole: no address of it tells a hidden column, and none fails for junk in its query."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crmmirror.api_urls import VIEWSETS
from entities.api.pages.pagination import SIGNER
from entities.models import ApiToken, Record
from tests.crmmirror.test_admin_site import MUCH_JUNK, SOME_JUNK
from tests.support.api_client import create_api_client, create_event, create_record
from tests.support.column_paths import find_hidden_columns, walk_columns
from tests.support.staff_client import ensure_source

pytestmark = pytest.mark.django_db

MODELS: dict[str, type[Model]] = {
    path: viewset.queryset.model  # type: ignore[misc,union-attr]
    for path, viewset in VIEWSETS.items()
}
PATHS = sorted(VIEWSETS)
POSITIONS = ("cursor", "page_size", "ordering")
ROW_PAGES = ("", "timeline/", "history/", "provenance/")
UNCHECKED = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def client() -> Client:
    """Return a client of the API that may see everything, with two rows behind each address."""
    for slug in ("acme", "bravo"):
        source = ensure_source(slug)
        create_event(source=source)
        for model in MODELS.values():
            if issubclass(model, Record):
                create_record(model, source=source, registers={"hidden-register": 1})
    client = create_api_client()
    client.raise_request_exception = False
    return client


def hidden_values() -> set[str]:
    """Return all that hidden columns hold, as texts that an answer might contain."""
    sources = [ensure_source(slug) for slug in ("acme", "bravo")]
    ciphertexts = {bytes(secret.ciphertext).decode() for source in sources for secret in source.secrets.all()}
    uuids = {text for source in sources for text in (str(source.uuid), source.uuid.hex)}
    return ciphertexts | uuids | {token.digest for token in ApiToken.objects.all()} | {"hidden-register"}


def assert_tells_nothing(text: str, hidden: set[str]) -> None:
    assert not [value for value in hidden if value in text]


@pytest.mark.parametrize("path", PATHS)
def test_no_filter_of_the_api_is_one_of_a_hidden_column(path: str, client: Client) -> None:
    viewset = VIEWSETS[path]
    columns = [column for column in walk_columns(MODELS[path], 2) if column.is_hidden]
    parameters = {parameter for column in columns for parameter in column.parameters()}
    assert not parameters & {*viewset.filterset_class.base_filters, *viewset.orderable_columns}
    query, hidden = dict.fromkeys(parameters, "a"), hidden_values()
    answer = client.get(f"/api/v1/{path}/", query)
    assert answer.status_code == 400
    assert {name for name, texts in answer.json()["errors"].items() if "Unknown" in texts[0]} == parameters
    for name in {column.name for column in columns}:
        answer = client.get(f"/api/v1/{path}/", {"ordering": name})
        assert answer.status_code == 400
        assert f"'{name[:40]}" in answer.content.decode()
        assert_tells_nothing(answer.content.decode(), hidden)


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_and_no_cursor_of_the_api_holds_a_hidden_value(path: str, client: Client) -> None:
    """Each column in turn orders the list; the cursors are opened, since anybody can read what is signed."""
    hidden = hidden_values()
    with CaptureQueriesContext(connection) as queries:
        for column in VIEWSETS[path].orderable_columns:
            answer = client.get(f"/api/v1/{path}/", {"ordering": f"-{column}", "page_size": "1"})
            assert_tells_nothing(answer.content.decode(), hidden)
            cursor = answer.json()["next"].partition("cursor=")[2].partition("&")[0]
            assert_tells_nothing(json.dumps(SIGNER.unsign_object(cursor.replace("%3A", ":"))), hidden)
        row = client.get(f"/api/v1/{path}/").json()["results"][0]
        key = row["slug"] if path == "sources" else row["id"]
        for page in (*ROW_PAGES, "nothing/"):
            assert_tells_nothing(client.get(f"/api/v1/{path}/{key}/{page}").content.decode(), hidden)
    # A token is found by its digest, once a request.
    assert find_hidden_columns(queries) == {"entities.ApiToken.digest"}


def junk_queries(path: str, junk: tuple[str, ...]) -> Iterator[str]:
    for name in (*VIEWSETS[path].filterset_class.base_filters, *POSITIONS, "format", "nonsense"):
        yield from (f"{name}={value}" for value in junk)
        yield f"{name}=1&{name}=%00"


def failed_queries(client: Client, path: str, queries: Iterable[str]) -> list[str]:
    return [query for query in queries if client.get(f"/api/v1/{path}/?{query}").status_code >= 500]


@pytest.mark.parametrize("path", ["deals", "events", "sources"])
def test_junk_in_a_query_of_the_api_is_never_an_error_of_the_server(path: str, client: Client) -> None:
    """Ask for each third query: each parameter has four, so that each is asked with one, in turn."""
    assert failed_queries(client, path, list(junk_queries(path, SOME_JUNK))[::3]) == []


@pytest.mark.prove
@pytest.mark.parametrize("path", ["contacts", "deals", "events", "sources"])
def test_no_junk_in_a_query_of_the_api_is_an_error_of_the_server(path: str, client: Client) -> None:
    """Between them, these lists have every kind of column."""
    assert failed_queries(client, path, junk_queries(path, MUCH_JUNK)) == []


def failed_pages(client: Client, path: str, pages: Iterable[str]) -> list[str]:
    addresses = (f"/api/v1/{path}/{page}" for page in pages)
    return [address for address in addresses if client.get(address).status_code >= 500]


@pytest.mark.parametrize("path", PATHS)
def test_junk_in_place_of_an_id_is_no_error_of_the_api(path: str, client: Client) -> None:
    """Ask for one page of each junk, of the next path for the next page: each junk meets each page."""
    start = PATHS.index(path)
    pages = (f"{junk}/{ROW_PAGES[(start + place) % 4]}" for place, junk in enumerate(MUCH_JUNK))
    assert failed_pages(client, path, pages) == []


@pytest.mark.prove
@pytest.mark.parametrize("path", PATHS)
def test_no_junk_in_place_of_an_id_is_an_error_of_the_api(path: str, client: Client) -> None:
    assert failed_pages(client, path, (f"{junk}/{page}" for junk in MUCH_JUNK for page in ROW_PAGES)) == []


TEXTS = (
    st.text() | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["(", "\0", "[]", "a" * 9000])
)


def queries_of(path: str) -> st.SearchStrategy[tuple[str, dict[str, list[str]]]]:
    names = st.sampled_from([*VIEWSETS[path].filterset_class.base_filters, *POSITIONS])
    return st.tuples(st.just(path), st.dictionaries(names, st.lists(TEXTS, max_size=3), max_size=3))


def assert_answers(client: Client, path: str, query: dict[str, Any]) -> None:
    assert client.get(f"/api/v1/{path}/", query).status_code in (200, 400)


@settings(max_examples=60, phases=(Phase.generate, Phase.shrink), suppress_health_check=UNCHECKED)
@given(asked=st.sampled_from(PATHS).flatmap(queries_of))
def test_a_made_up_query_of_the_api_is_never_an_error_of_the_server(
    client: Client, asked: tuple[str, dict[str, list[str]]]
) -> None:
    assert_answers(client, *asked)


@pytest.mark.prove
@settings(max_examples=3000, phases=(Phase.generate, Phase.shrink), suppress_health_check=UNCHECKED)
@given(asked=st.sampled_from(PATHS).flatmap(queries_of))
def test_no_made_up_query_of_the_api_is_an_error_of_the_server(
    client: Client, asked: tuple[str, dict[str, list[str]]]
) -> None:
    assert_answers(client, *asked)

"""The OpenAPI schema is rendered once a process, whoever asks for it, and as the client wants it."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from drf_spectacular.renderers import OpenApiJsonRenderer2
from pytest_django import DjangoAssertNumQueries

from crmmirror import api_urls
from crmmirror.api_urls import get_schema_document

SCHEMA = "/api/v1/schema/"
REQUESTS = 20


def clear_caches() -> None:
    api_urls.get_openapi_schema.cache_clear()
    api_urls._render_schema.cache_clear()


@pytest.fixture
def _cold_process() -> Iterator[None]:
    """Forget the schema, as a process has none that has just started."""
    clear_caches()
    yield
    clear_caches()


@pytest.mark.unit
@pytest.mark.usefixtures("_cold_process")
def test_of_many_who_ask_a_new_process_at_once_one_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    renderings: list[str] = []

    class CountingRenderer(OpenApiJsonRenderer2):
        def render(self, *args: Any, **kwargs: Any) -> Any:
            renderings.append(self.media_type)
            return super().render(*args, **kwargs)

    monkeypatch.setitem(api_urls.SCHEMA_RENDERERS, CountingRenderer.media_type, CountingRenderer)
    barrier = Barrier(REQUESTS)

    def ask() -> bytes:
        barrier.wait()
        return get_schema_document(CountingRenderer.media_type).content

    with ThreadPoolExecutor(REQUESTS) as pool:
        contents = {future.result() for future in [pool.submit(ask) for _ in range(REQUESTS)]}
    assert len(contents) == 1
    assert renderings == ["application/json"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
        ("application/vnd.oai.openapi", "application/vnd.oai.openapi; charset=utf-8"),
    ],
)
def test_the_client_chooses_the_format_of_the_schema(client: Client, accept: str, content_type: str) -> None:
    answer = client.get(SCHEMA, headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    load = json.loads if "json" in content_type else yaml.safe_load
    assert load(answer.content)["paths"].keys() == api_urls.get_openapi_schema()["paths"].keys()
    assert set(answer["Vary"].split(", ")) == {"Accept", "Accept-Encoding"}


@pytest.mark.django_db
def test_a_format_that_the_schema_does_not_have_is_refused(client: Client) -> None:
    assert client.get(SCHEMA, headers={"accept": "text/html"}).status_code == 406


@pytest.mark.django_db
def test_the_schema_is_compressed_and_not_sent_twice(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    headers = {"accept-encoding": "gzip", "authorization": "Token no"}
    with django_assert_num_queries(0):
        answer = client.get(SCHEMA, headers=headers)
        again = client.get(SCHEMA, headers=headers | {"if-none-match": answer["ETag"]})
    assert json.loads(gzip.decompress(answer.content))["openapi"].startswith("3.")
    assert len(answer.content) < 100_000
    assert (again.status_code, again.content) == (304, b"")

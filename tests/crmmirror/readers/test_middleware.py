"""A reader who is refused costs no query, and is answered in the form of the page that he asked for."""

from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries

from crmmirror.lib.web.upload_slots import page_slots
from crmmirror.readers.middleware import EXPORT_BOUNDS, READER_BOUNDS, find_bounds, reader_limits
from tests.support.api_client import authorization_header

pytestmark = pytest.mark.django_db

TOTAL = 2 * settings.READER_CONNECTIONS
COOKIE = f"{settings.SESSION_COOKIE_NAME}={'a' * 32}"


@pytest.fixture
def _full_process() -> Iterator[None]:
    """Let as many readers in as may be."""
    with ExitStack() as stack:
        for number in range(TOTAL):
            stack.enter_context(reader_limits.admit({f"reader {number}": READER_BOUNDS}))
        yield


def assert_busy_problem(response: Any) -> None:
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert f"{TOTAL} requests" in response.json()["detail"]
    assert int(response["Retry-After"]) > 0


@pytest.mark.usefixtures("_full_process")
@pytest.mark.parametrize("path", ["/api/v1/deals/", "/api/v1/schema/", "/api/v1/nothing/", "/metrics"])
def test_a_full_process_answers_a_program_with_a_problem(
    path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = authorization_header()
    with django_assert_num_queries(0):
        assert_busy_problem(Client().get(path, headers={"authorization": token}))


@pytest.mark.usefixtures("_full_process")
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/", "/nothing"])
def test_a_full_process_answers_a_person_with_a_page(
    path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = Client().get(path, headers={"cookie": COOKIE})
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "<h1>Too many readers at once</h1>" in response.content.decode()
    assert response["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert int(response["Retry-After"]) > 0


@pytest.mark.usefixtures("_full_process")
@pytest.mark.parametrize("path", ["/healthz", "/static/crmmirror/admin.css"])
def test_a_full_process_answers_what_needs_no_database(path: str, client: Client) -> None:
    response = client.get(path)
    response.close()
    assert response.status_code == HTTPStatus.OK


@pytest.mark.usefixtures("_full_process")
@override_settings(METRICS_TOKEN="for-prometheus")
def test_a_full_process_still_answers_prometheus(client: Client) -> None:
    response = client.get("/metrics", headers={"authorization": "Bearer for-prometheus"})
    assert response.status_code == HTTPStatus.OK


def test_a_form_without_an_upload_slot_is_answered_with_a_page(client: Client) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(page_slots.hold({"REMOTE_ADDR": "127.0.0.1"}))
        response = client.post("/admin/login/", {"username": "ann"})
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "<h1>Too many forms arrive at once</h1>" in response.content.decode()
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("path", "is_bounded"),
    [
        ("/admin/entities/deal/export/", True),
        ("/admin/entities/deal/", False),
        ("/admin/entities/deal/7/export/", False),
        ("/admin/export/", False),
        ("/api/v1/deals/export/", False),
    ],
)
def test_only_exports_of_lists_have_the_bounds_of_exports(path: str, is_bounded: bool) -> None:
    assert (find_bounds(RequestFactory().get(path)).get("exports") is EXPORT_BOUNDS) is is_bounded


def test_more_exports_than_may_run_and_wait_are_refused_and_other_pages_are_not() -> None:
    with ExitStack() as stack:
        for _ in range(EXPORT_BOUNDS.running):
            stack.enter_context(reader_limits.admit({"exports": EXPORT_BOUNDS}))
        response = Client().get("/admin/entities/deal/export/?format=csv")
        assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert "exports" in response.content.decode()
        assert Client().get("/admin/login/").status_code == HTTPStatus.OK
    assert Client().get("/admin/entities/deal/export/?format=csv").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize(
    ("address", "accept", "is_file"),
    [
        ("/api/v1/deals/?format=csv", "", True),
        ("/api/v1/deals/?status=won&format=parquet", "text/html", True),
        ("/api/v1/deals/", "text/csv", True),
        ("/api/v1/deals/?format=%63sv", "", True),
        ("/api/v1/deals/?%66ormat=csv", "", True),
        ("/api/v1/deals/?format=json&format=csv", "", True),
        ("/api/v1/deals/?format=json", "text/csv", False),
        ("/api/v1/deals/?xformat=csv", "", False),
        ("/api/v1/deals/?format=csvx", "", False),
        ("/api/v1/deals/", "application/json", False),
        ("/admin/entities/deal/?format=csv", "", False),
    ],
)
def test_files_of_the_api_count_as_exports(address: str, accept: str, is_file: bool) -> None:
    bounds = find_bounds(RequestFactory().get(address, headers={"accept": accept}))
    assert (EXPORT_BOUNDS in bounds.values()) == is_file

"""A process for deliveries answers deliveries and health, and nothing else; any other answers everything."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.support.api_client import authorization_header
from tests.support.vendor_requests import BODY, delivery_path, new_source

pytestmark = pytest.mark.django_db(transaction=True)

READERS_PATHS = (
    "/",
    "/admin/",
    "/admin/login/",
    "/api/v1/deals/",
    "/api/v1/schema/",
    "/static/crmmirror/admin.css",
)
METRICS_TOKEN = "for-prometheus"


@pytest.fixture
def deliveries_only() -> Iterator[Client]:
    """Yield a client of a process for deliveries: a client loads the middleware at its first request."""
    with override_settings(WEB_ROLE="deliveries", METRICS_TOKEN=METRICS_TOKEN):
        yield Client()


@pytest.mark.parametrize("path", READERS_PATHS)
def test_a_process_for_deliveries_refuses_readers_and_says_where_to_ask(
    path: str, deliveries_only: Client
) -> None:
    response = deliveries_only.get(path, headers={"Authorization": authorization_header()})
    assert (response.status_code, response["Content-Type"]) == (421, "application/problem+json")
    assert "WEB_URL" in response.json()["detail"]


def test_a_process_for_deliveries_refuses_a_page_whatever_the_method(deliveries_only: Client) -> None:
    assert deliveries_only.post("/admin/login/", {"username": "ann"}).status_code == 421


def test_a_process_for_deliveries_stores_them_and_answers_health_checks_and_prometheus(
    deliveries_only: Client,
) -> None:
    path = delivery_path(new_source("none")[0])
    assert deliveries_only.post(path, BODY, content_type="application/json").status_code == 202
    assert deliveries_only.get("/healthz").status_code == 200
    assert deliveries_only.get("/readyz").status_code == 200
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    assert deliveries_only.get("/metrics", headers=bearer).status_code == 200


def test_by_default_a_process_answers_readers_and_deliveries() -> None:
    assert settings.WEB_ROLE == "all"
    path = delivery_path(new_source("none")[0])
    assert Client().post(path, BODY, content_type="application/json").status_code == 202
    assert Client().get("/admin/login/").status_code == 200

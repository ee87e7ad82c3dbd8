"""Answers of the API are compressed for programs, and no shared cache keeps them."""

import gzip
import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from entities.models import Deal
from tests.support.api_client import create_api_client, create_record

pytestmark = pytest.mark.django_db
GZIP = {"accept-encoding": "gzip, deflate"}


@pytest.fixture
def client() -> Client:
    for number in range(5):
        create_record(Deal, title=f"deal {number} " * 20)
    return create_api_client()


def test_a_page_comes_in_gzip_if_that_is_accepted(client: Client) -> None:
    plain = client.get("/api/v1/deals/")
    assert not plain.has_header("Content-Encoding")
    for accepted in ("gzip", "deflate, gzip;q=0.5"):
        answer = client.get("/api/v1/deals/", headers={"accept-encoding": accepted})
        assert answer["Content-Encoding"] == "gzip"
        assert int(answer["Content-Length"]) == len(answer.content) < len(plain.content) / 2
        assert json.loads(gzip.decompress(answer.content)) == plain.json()
    for refused in ("identity", "gzip;q=0", "br"):
        assert not client.get("/api/v1/deals/", headers={"accept-encoding": refused}).has_header(
            "Content-Encoding"
        )


def test_a_short_answer_is_not_compressed(client: Client) -> None:
    assert not client.get("/api/v1/leads/", headers=GZIP).has_header("Content-Encoding")


def test_a_problem_is_compressed_too(client: Client) -> None:
    answer = client.get("/api/v1/deals/", {f"colour{number}": "red" for number in range(20)}, headers=GZIP)
    assert (answer.status_code, answer["Content-Encoding"]) == (400, "gzip")


def test_what_a_browser_asks_with_its_session_is_not_compressed(client: Client) -> None:
    """The length of a compressed answer tells of its content (BREACH)."""
    browser = Client()
    browser.force_login(User.objects.create_user("ann", is_superuser=True, is_staff=True))
    for address in ("/api/v1/deals/", "/admin/entities/deal/"):
        answer = browser.get(address, headers=GZIP)
        assert (answer.status_code, answer.has_header("Content-Encoding")) == (200, False)


@pytest.mark.parametrize("path", ["", "deals/", "deals/?x=1", "search/?q=deal", "deals/0/", "nothing/"])
def test_a_cache_may_keep_no_answer_for_others(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer["Cache-Control"] == "private"
    assert {"Accept", "Accept-Encoding", "Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_the_schema_is_the_same_for_everybody_and_may_be_kept(client: Client) -> None:
    answer = client.get("/api/v1/schema/", headers=GZIP)
    assert answer["Cache-Control"].startswith("public")
    assert "Authorization" not in answer["Vary"]

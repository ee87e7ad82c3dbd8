"""Access to the API: tokens, staff sessions and view permissions."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from entities.models import ApiToken, Deal
from entities.models.people.api_token import hash_token
from tests.support.api_client import create_api_client, create_record, get_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann", is_superuser=True)


def request_with(header: str | None) -> tuple[int, str]:
    headers = {} if header is None else {"authorization": header}
    response = Client().get("/api/v1/deals/", headers=headers)
    return response.status_code, response.get("WWW-Authenticate", "")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Token",
        "Token x y",
        "Token unknown",
        "Token ünknown",
        "Token a\x00b",
        "Bearer abc",
        "Bearer",
        "Basic YTpi",
    ],
)
@pytest.mark.parametrize("path", ["", "deals/", "deals/1/", "deals/1/history/", "events/", "sources/"])
def test_without_a_good_token_the_answer_is_a_401_problem(header: str | None, path: str) -> None:
    headers = {} if header is None else {"authorization": header}
    response = Client().get(f"/api/v1/{path}", headers=headers)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token, Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_a_token_is_kept_only_as_its_hash(user: User) -> None:
    token, text = ApiToken.issue(user, "tests")
    stored = ApiToken.objects.values().get()
    assert text not in str(stored)
    assert stored["digest"] == hash_token(text)
    assert token.digest not in str(token)
    assert request_with(f"Token {text}")[0] == 200
    assert request_with(f"Token {token.digest}")[0] == 401


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "bearer", "BEARER"])
def test_a_token_may_be_called_a_bearer_token(user: User, scheme: str) -> None:
    _, text = ApiToken.issue(user, "tests")
    assert request_with(f"{scheme} {text}")[0] == 200
    assert request_with(f"{scheme}  {text}")[0] == 200
    assert request_with(f"{scheme} {text} x")[0] == 401
    assert request_with(f"Basic {text}")[0] == 401


def test_an_expired_token_is_refused(user: User) -> None:
    start = datetime(2025, 3, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        _, text = ApiToken.issue(user, "tests", expires_at=start + timedelta(days=1))
        clock.shift(timedelta(hours=23, minutes=59))
        assert request_with(f"Token {text}")[0] == 200
        clock.shift(timedelta(minutes=1))
        assert request_with(f"Token {text}") == (401, "Token, Bearer")


def test_the_token_of_an_inactive_user_is_refused(user: User) -> None:
    _, text = ApiToken.issue(user, "tests")
    User.objects.update(is_active=False)
    assert request_with(f"Token {text}") == (401, "Token, Bearer")


def test_the_last_use_is_recorded_once_a_minute(user: User) -> None:
    _, text = ApiToken.issue(user, "tests")
    start = datetime(2025, 3, 1, tzinfo=UTC)
    recorded_times = []
    with time_machine.travel(start, tick=False) as clock:
        for seconds in (0, 59, 1, 30):
            clock.shift(timedelta(seconds=seconds))
            request_with(f"Token {text}")
            recorded_times.append(ApiToken.objects.get().last_used_at)
    assert recorded_times == [start, start, start + timedelta(minutes=1), start + timedelta(minutes=1)]


def test_a_token_reads_what_its_user_may_view() -> None:
    deal = create_record(Deal)
    client = create_api_client("view_deal")
    for path in ("deals/", f"deals/{deal.pk}/", f"deals/{deal.pk}/timeline/", f"deals/{deal.pk}/history/"):
        get_json(client, path)
    for path in ("leads/", "leads/1/", "events/", "events/1/", "sources/"):
        assert get_json(client, path, status=403)["title"] == "Forbidden"
    nobody = create_api_client(superuser=False)
    for below in ("", "timeline/", "history/", "provenance/"):
        get_json(nobody, f"deals/{deal.pk}/{below}", status=403)


def test_staff_read_with_the_session_of_the_admin(user: User) -> None:
    client = Client()
    client.force_login(user)
    assert client.get("/api/v1/deals/").status_code == 401
    User.objects.update(is_staff=True)
    assert client.get("/api/v1/deals/").status_code == 200
    User.objects.update(is_superuser=False)
    assert client.get("/api/v1/deals/").status_code == 403

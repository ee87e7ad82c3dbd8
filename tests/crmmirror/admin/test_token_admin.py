"""The admin of API tokens: when they end, what they are limited to, and how they are revoked."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from entities.models import ApiToken, AuditEntry
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import ensure_source
from tests.support.staff_client import get_page, list_url, page_url

pytestmark = pytest.mark.django_db

ADD = "admin:entities_apitoken_add"
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def client() -> Client:
    return log_in(create_member("Administrator"))


@pytest.fixture
def person() -> User:
    return create_member("Viewer")


def read_text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def issue(client: Client, person: User, **fields: Any) -> str:
    """Post the form; return the token's text."""
    page = client.post(reverse(ADD), {"user": person.pk, "name": "report", **fields}).content.decode()
    return re.findall(r"crm_[\w-]+", page)[0]


def get_status(text: str, path: str) -> int:
    return Client().get(f"/api/v1/{path}/", headers={"authorization": f"Bearer {text}"}).status_code


def test_the_form_proposes_that_a_token_ends_in_90_days(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        client = log_in(create_member("Administrator"))
        page = get_page(client, reverse(ADD))
    assert 'value="2026-05-30"' in page
    assert 'value="12:00:00"' in page


def test_a_form_without_a_date_makes_a_token_that_never_ends(client: Client, person: User) -> None:
    issue(client, person, expires_at_0="", expires_at_1="")
    assert ApiToken.objects.get().expires_at is None


def test_the_form_of_a_token_leaves_its_date_as_it_is(client: Client, person: User) -> None:
    token, _ = ApiToken.issue(person, "old")
    assert (
        "value="
        not in re.findall(r'<input[^>]*name="expires_at_0"[^>]*>', get_page(client, page_url(token)))[0]
    )


def test_a_token_is_limited_to_the_kinds_of_record_that_are_chosen(client: Client, person: User) -> None:
    text = issue(client, person, kinds=["deal", "contact"])
    token = ApiToken.objects.get()
    assert token.record_types == ["deal", "contact"]
    assert [get_status(text, path) for path in ("deals", "contacts", "leads")] == [200, 200, 403]
    assert "deal, contact" in read_text(get_page(client, list_url(ApiToken)))
    client.post(page_url(token), {"kinds": ["deal"]})
    assert get_status(text, "contacts") == 403
    assert AuditEntry.objects.filter(action="token-changed").get().detail == {
        "changed": {"kinds": {"added": [], "removed": ["contact"]}}
    }
    client.post(page_url(token), {"kinds": []})
    assert get_status(text, "leads") == 200


def test_a_kind_that_no_model_has_any_more_stays_a_limit(client: Client, person: User) -> None:
    token, text = ApiToken.issue(person, "old", record_types=["bygone"])
    assert 'value="bygone" checked' in re.sub(r'id="[^"]*" ', "", get_page(client, page_url(token)))
    assert client.post(page_url(token), {"kinds": ["bygone"]}).status_code == 302
    token.refresh_from_db()
    assert token.record_types == ["bygone"]
    assert get_status(text, "deals") == 403


def test_an_unknown_kind_is_refused(client: Client, person: User) -> None:
    page = client.post(reverse(ADD), {"user": person.pk, "name": "report", "kinds": ["user"]})
    assert "user is not one of the available choices" in page.content.decode()
    assert not ApiToken.objects.exists()


def test_the_list_shows_states_days_left_and_limits(client: Client, person: User) -> None:
    source = ensure_source("east")
    now = datetime.now(UTC)
    limit(ApiToken.issue(person, "report", now + timedelta(days=12, hours=1))[0], source, "sa_1")
    ApiToken.issue(person, "archive", now - timedelta(days=3))
    ApiToken.issue(person, "forever", record_types=["formsubmission"])
    text = read_text(get_page(client, list_url(ApiToken)))
    assert re.search(r"report \w+ active .* in 12 days never east/sa_1", text)
    assert re.search(r"archive \w+ expired .* 3 days ago never none", text)
    assert re.search(r"forever \w+ active [-\d: ]+ never never form-submission", text)
    person.is_active = False
    person.save()
    assert "user inactive" in read_text(get_page(client, list_url(ApiToken)))


def test_a_token_is_revoked_by_a_button_that_asks_first(client: Client, person: User) -> None:
    token, text = ApiToken.issue(person, "report")
    assert get_status(text, "deals") == 200
    page = get_page(client, page_url(token))
    question_url = reverse("admin:entities_apitoken_delete", args=[token.pk])
    assert f'href="{question_url}">Revoke this token' in page
    assert ">Delete<" not in page
    question = get_page(client, question_url)
    assert f"Revoke the token report of {person.username}?" in read_text(question)
    assert get_status(text, "deals") == 200
    answer = client.post(question_url, {"post": "yes"}, follow=True)
    assert "The token report is revoked: whoever sends it is answered 401." in answer.content.decode()
    assert get_status(text, "deals") == 401


def test_whoever_may_not_change_a_token_gets_no_button(client: Client) -> None:
    token, text = ApiToken.issue(User.objects.create_superuser("root"), "report", record_types=["deal"])
    page = get_page(client, page_url(token))
    assert "Revoke" not in page
    assert "deal" in read_text(page)
    question_url = reverse("admin:entities_apitoken_delete", args=[token.pk])
    assert client.post(question_url, {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [token.pk]}
    assert "whom you may not change" in client.post(list_url(ApiToken), selected).content.decode()
    assert client.post(list_url(ApiToken), selected | {"post": "yes"}).status_code == 403
    assert get_status(text, "deals") == 200

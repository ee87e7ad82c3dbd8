"""Logins by OpenID Connect, against a provider that runs in the test."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import Group, User
from django.test import Client

from crmmirror.login_throttle import ADDRESS_LIMIT
from crmmirror.sign_on.oidc.oidc_client import _make_client
from entities.models import AuditAction, AuditEntry, ExternalIdentity
from tests.support.login_settings import login_settings, oidc_settings
from tests.support.oidc_provider import Provider, make_key, run_provider

pytestmark = pytest.mark.django_db

START = "/admin/login/oidc/"
CALLBACK = "/admin/login/oidc/callback/"
ANN = {
    "sub": "s-1",
    "preferred_username": "ann",
    "email": "ann@acme.example",
    "given_name": "Ann",
    "family_name": "Lee",
    "groups": ["everybody", "crm-viewers"],
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with run_provider() as provider, login_settings(**oidc_settings(provider)):
        _make_client.cache_clear()
        provider.person = dict(ANN)
        yield provider


def visit_provider(client: Client, next_address: str = "/admin/entities/deal/") -> str:
    """Begin a login, and return the address to which the provider sends the browser back."""
    start = client.get(START, {"next": next_address})
    assert start.status_code == 302, start.content.decode()
    sent_back = requests.get(start["Location"], allow_redirects=False, timeout=5)
    return sent_back.headers["Location"]


def log_in(client: Client, next_address: str = "/admin/entities/deal/") -> Any:
    return client.get(visit_provider(client, next_address))


def assert_refused(answer: Any, status: int, words: str) -> None:
    page = answer.content.decode()
    assert answer.status_code == status, page
    assert words in page
    assert "_auth_user_id" not in answer.client.session
    failure = AuditEntry.objects.get(action=AuditAction.LOGIN_FAILED)
    assert failure.detail["way"] == "oidc"


def test_a_first_login_makes_the_user_with_the_role_of_his_group(provider: Provider) -> None:
    client = Client()
    answer = log_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/entities/deal/")
    user = User.objects.get(username="ann")
    assert (user.first_name, user.email, user.is_staff, user.is_superuser) == (
        "Ann",
        "ann@acme.example",
        True,
        False,
    )
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == ["Viewer"]
    assert ExternalIdentity.objects.get().subject == "s-1"
    assert client.get("/admin/entities/deal/").status_code == 200
    assert client.get("/admin/events/source/").status_code == 403
    entry = AuditEntry.objects.get(action=AuditAction.LOGIN)
    assert (entry.user, entry.detail) == (user, {"way": "oidc"})


def test_the_request_to_the_provider_has_state_nonce_and_pkce(provider: Provider) -> None:
    query = parse_qs(urlsplit(Client().get(START)["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(query)
    assert query["redirect_uri"] == [f"http://testserver{CALLBACK}"]


def test_the_login_page_links_to_the_provider(provider: Provider) -> None:
    page = Client().get("/admin/login/?next=/admin/board/").content.decode()
    assert f'href="{START}?next=%2Fadmin%2Fboard%2F">Log in with Acme ID' in page
    assert 'name="password"' in page


def test_without_a_provider_there_are_no_addresses_and_no_link() -> None:
    assert "Log in with" not in Client().get("/admin/login/").content.decode()
    assert Client().get(START).status_code == 302
    assert Client().get(START)["Location"].startswith("/admin/login/")


def test_a_next_address_of_another_site_leads_to_the_first_page(provider: Provider) -> None:
    assert log_in(Client(), "https://evil.example/")["Location"] == "/admin/"


def test_groups_that_are_only_in_the_user_info_count(provider: Provider) -> None:
    provider.claims_in = "userinfo"
    assert log_in(Client()).status_code == 302
    assert [group.name for group in User.objects.get(username="ann").groups.all()] == ["Viewer"]


def test_changed_groups_change_the_roles_at_the_next_login(provider: Provider) -> None:
    log_in(Client())
    user = User.objects.get(username="ann")
    given_by_staff = Group.objects.create(name="exporters")
    user.groups.add(given_by_staff)
    provider.person["groups"] = ["crm-ops"]
    log_in(Client())
    assert {group.name for group in user.groups.all()} == {"Operator", "exporters"}
    change = AuditEntry.objects.filter(action=AuditAction.RIGHTS_CHANGED).first()
    assert change is not None
    assert change.detail == {"way": "oidc", "added": ["Operator"], "removed": ["Viewer"]}


def test_who_has_lost_all_groups_is_refused_and_loses_his_roles(provider: Provider) -> None:
    log_in(Client())
    provider.person["groups"] = ["everybody"]
    assert_refused(log_in(Client()), 403, "none of your groups has a role")
    assert not User.objects.get(username="ann").groups.exists()


@pytest.mark.parametrize("groups", [None, [], "everybody", ["CRM-VIEWERS"], [["crm-viewers"]]])
def test_who_has_no_group_with_a_role_is_refused_and_not_made(provider: Provider, groups: Any) -> None:
    provider.person["groups"] = groups
    assert_refused(log_in(Client()), 403, "none of your groups has a role")
    assert not User.objects.filter(username="ann").exists()


def test_a_role_that_does_not_exist_is_none(provider: Provider) -> None:
    Group.objects.filter(name="Viewer").delete()
    assert_refused(log_in(Client()), 403, "none of your groups has a role")


def test_a_user_with_a_password_is_not_taken_over_by_his_name(provider: Provider) -> None:
    User.objects.create_user("ann", password="secret", is_staff=True)
    assert_refused(log_in(Client()), 403, "There is a user of your name")
    assert not ExternalIdentity.objects.exists()


def test_a_setting_lets_the_first_login_take_a_user_over_but_no_superuser(provider: Provider) -> None:
    ann = User.objects.create_user("ann", password="secret", is_staff=True)
    with login_settings(OIDC_LINK_USERS=True):
        assert log_in(Client()).status_code == 302
    assert ExternalIdentity.objects.get().user == ann
    User.objects.create_superuser("root")
    provider.person |= {"sub": "s-2", "preferred_username": "root"}
    with login_settings(OIDC_LINK_USERS=True):
        assert_refused(log_in(Client()), 403, "There is a user of your name")


def test_another_person_of_the_same_name_does_not_become_the_first(provider: Provider) -> None:
    log_in(Client())
    provider.person["sub"] = "s-2"
    with login_settings(OIDC_LINK_USERS=True):
        assert_refused(log_in(Client()), 403, "There is a user of your name")


def test_who_is_renamed_at_the_provider_stays_the_same_user(provider: Provider) -> None:
    log_in(Client())
    provider.person["preferred_username"] = "ann.lee"
    assert log_in(Client()).status_code == 302
    assert User.objects.filter(external_identities__subject="s-1").get().username == "ann"


def test_an_inactive_user_is_refused(provider: Provider) -> None:
    log_in(Client())
    User.objects.update(is_active=False)
    assert_refused(log_in(Client()), 403, "not active")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"aud": ["another-client", "third"], "azp": "mirror"},
        {"nonce": "of-another-login"},
        {"nonce": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
    ],
    ids=["issuer", "audience", "audiences", "nonce", "no nonce", "expired", "no end", "future", "no subject"],
)
def test_a_token_with_wrong_claims_is_refused(provider: Provider, claims: dict[str, Any]) -> None:
    provider.token_claims = claims
    assert_refused(log_in(Client()), 403, "could not be verified")
    assert not User.objects.filter(username="ann").exists()


@pytest.mark.parametrize("fault", ["unsigned", "no ID token", "another state", "refuses"])
def test_an_answer_that_cannot_be_believed_is_refused(provider: Provider, fault: str) -> None:
    provider.faults.add(fault)
    assert_refused(log_in(Client()), 403, "could not be verified")


def test_a_token_that_is_signed_by_somebody_else_is_refused(provider: Provider) -> None:
    provider.key = make_key()
    assert_refused(log_in(Client()), 403, "could not be verified")


def test_a_new_key_of_the_provider_is_fetched(provider: Provider) -> None:
    log_in(Client())
    provider.key = make_key("second")
    provider.published_keys.append(provider.key)
    assert log_in(Client()).status_code == 302


def test_a_provider_that_calls_itself_otherwise_is_not_used(provider: Provider) -> None:
    provider.faults.add("another issuer")
    answer = Client().get(START)
    assert answer.status_code == 503
    provider.faults.clear()
    assert Client().get(START).status_code == 302


def test_a_provider_that_is_away_is_said_to_be(provider: Provider) -> None:
    provider.faults.add("away")
    answer = Client().get(START)
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()


def test_a_callback_serves_once_and_in_the_browser_that_began(provider: Provider) -> None:
    client = Client()
    address = visit_provider(client)
    stranger = Client().get(address)
    assert stranger.status_code == 403
    assert client.get(address).status_code == 302
    replay = Client()
    replay.cookies.clear()
    assert replay.get(address).status_code == 403


def test_failed_callbacks_are_throttled_by_address(provider: Provider) -> None:
    client = Client()
    statuses = [
        client.get(CALLBACK, {"code": "x", "state": "y"}).status_code for _ in range(ADDRESS_LIMIT.count)
    ]
    assert set(statuses) == {403}
    answer = client.get(CALLBACK, {"code": "x", "state": "y"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 429


def test_beginnings_of_logins_are_bounded_by_address(provider: Provider) -> None:
    client = Client()
    statuses = {client.get(START).status_code for _ in range(61)}
    assert statuses == {302, 429}


def test_a_session_of_the_provider_is_offered_an_end(provider: Provider) -> None:
    client = Client()
    log_in(client)
    page = client.post("/admin/logout/").content.decode()
    assert f'href="{provider.url}/logout?' in page
    assert "Log out of Acme ID too" in page
    assert client.get("/admin/").status_code == 302


def test_without_passwords_the_form_is_gone_and_refused(provider: Provider) -> None:
    User.objects.create_superuser("boss", password="secret")
    with login_settings(PASSWORD_LOGIN=False):
        assert 'name="password"' not in Client().get("/admin/login/").content.decode()
        client = Client()
        answer = client.post("/admin/login/", {"username": "boss", "password": "secret"})
        assert "Passwords are not accepted here" in answer.content.decode()
        assert "_auth_user_id" not in client.session

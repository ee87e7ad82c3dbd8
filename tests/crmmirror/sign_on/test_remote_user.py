"""Users whom a proxy names: only a trusted one is believed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from entities.models import AuditAction, AuditEntry
from tests.support.login_settings import login_settings

pytestmark = pytest.mark.django_db

PROXY, STRANGER = "10.0.0.7", "203.0.113.5"
SETTINGS = {"REMOTE_USER_HEADER": "X-Remote-User", "REMOTE_USER_PROXIES": "10.0.0.0/24 ::1"}


@pytest.fixture(autouse=True)
def trusted_proxy() -> Iterator[None]:
    with login_settings(**SETTINGS):
        yield


@pytest.fixture(autouse=True)
def ann(trusted_proxy: None) -> User:
    return User.objects.create_superuser("ann", password="secret")


def get(client: Client, path: str, name: str = "ann", peer: str = PROXY, **headers: str) -> Any:
    return client.get(path, headers={"x-remote-user": name, **headers}, REMOTE_ADDR=peer)


def test_whom_a_trusted_proxy_names_is_logged_in(ann: User) -> None:
    client = Client()
    answer = get(client, "/admin/login/?next=/admin/board/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/board/")
    assert get(client, "/admin/board/").status_code == 200
    entry = AuditEntry.objects.get(action=AuditAction.LOGIN)
    assert (entry.user, entry.detail) == (ann, {"way": "remote-user"})


def test_a_proxy_that_reaches_the_mirror_by_mapped_ipv6_is_the_same_one() -> None:
    assert get(Client(), "/admin/login/", peer="::ffff:10.0.0.7").status_code == 302


@pytest.mark.parametrize("peer", [STRANGER, "", "10.0.1.1", "::2"])
def test_the_header_of_anybody_else_is_not_believed(peer: str) -> None:
    client = Client()
    assert get(client, "/admin/login/", peer=peer).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_forwarded_address_makes_nobody_a_proxy() -> None:
    with login_settings(**SETTINGS, BEHIND_PROXY=True):
        client = Client()
        get(client, "/admin/login/", peer=STRANGER, **{"x-forwarded-for": PROXY})
        assert "_auth_user_id" not in client.session


def test_a_session_ends_when_the_proxy_names_somebody_else() -> None:
    User.objects.create_superuser("bob")
    for name, peer in (("bob", PROXY), ("", PROXY), ("ann", STRANGER)):
        client = Client()
        get(client, "/admin/login/")
        assert get(client, "/admin/board/").status_code == 200
        assert get(client, "/admin/board/", name, peer).status_code == 302
        assert "_auth_user_id" not in client.session


def test_the_api_follows_the_same_rule() -> None:
    client = Client()
    get(client, "/admin/login/")
    assert get(client, "/api/v1/deals/").status_code == 200
    assert get(client, "/api/v1/deals/", peer=STRANGER).status_code in (401, 403)


def test_a_session_by_password_does_not_depend_on_the_proxy() -> None:
    client = Client()
    client.post("/admin/login/", {"username": "ann", "password": "secret"})
    assert client.get("/admin/board/", REMOTE_ADDR=STRANGER).status_code == 200


@pytest.mark.parametrize("name", ["nobody", "customer", "former"])
def test_who_is_no_active_member_of_staff_gets_a_page_that_says_so(name: str) -> None:
    User.objects.create_user("customer")
    User.objects.create_user("former", is_staff=True, is_active=False)
    client = Client()
    answer = get(client, "/admin/login/", name)
    assert answer.status_code == 403
    assert "You are not logged in" in answer.content.decode()
    failure = AuditEntry.objects.get(action=AuditAction.LOGIN_FAILED)
    assert failure.detail["way"] == "remote-user"

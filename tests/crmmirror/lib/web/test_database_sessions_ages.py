"""The ages of sessions: from the login on, and without a request."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from time_machine import travel

from tests.support.login_settings import login_settings

pytestmark = pytest.mark.django_db

IDLE = {"SESSION_IDLE_MINUTES": 30, "SESSION_SAVE_EVERY_REQUEST": True, "SESSION_COOKIE_AGE": 4 * 3600}
PAGE = "/admin/time-zone/"


@pytest.fixture(autouse=True)
def password_logins() -> Iterator[None]:
    with login_settings():
        yield


@pytest.fixture
def client() -> Client:
    User.objects.create_superuser("ann", password="secret")
    client = Client()
    assert client.post("/admin/login/", {"username": "ann", "password": "secret"}).status_code == 302
    return client


def status_after(client: Client, **passed: float) -> int:
    with travel(timezone.now() + timedelta(**passed), tick=False):
        return client.get(PAGE).status_code


def test_a_session_ends_so_long_after_its_login_however_it_is_used(client: Client) -> None:
    with login_settings(**IDLE | {"SESSION_IDLE_MINUTES": 0}):
        assert status_after(client, hours=3.9) == 200
        session = client.session
        session["changed"] = True
        with travel(timezone.now() + timedelta(hours=3.9), tick=False):
            session.save()
            assert client.get(PAGE).status_code == 200
        assert status_after(client, hours=4.1) == 302


def test_a_session_that_is_used_goes_on_and_an_idle_one_ends() -> None:
    with login_settings(**IDLE):
        User.objects.create_superuser("ann", password="secret")
        used, idle = Client(), Client()
        for client in (used, idle):
            client.post("/admin/login/", {"username": "ann", "password": "secret"})
        for minutes in (20, 40, 60):
            assert status_after(used, minutes=minutes) == 200
        assert status_after(idle, minutes=31) == 302
        assert status_after(used, minutes=91) == 302


def test_the_end_is_moved_by_one_statement_and_not_for_each_request() -> None:
    with login_settings(**IDLE):
        User.objects.create_superuser("ann", password="secret")
        client = Client()
        client.post("/admin/login/", {"username": "ann", "password": "secret"})
        client.get(PAGE)
        before = Session.objects.get().expire_date
        client.get(PAGE)
        assert Session.objects.get().expire_date == before
        assert status_after(client, minutes=5) == 200
        assert Session.objects.get().expire_date > before


def test_a_session_in_which_nobody_is_logged_in_ends_soon(client: Client) -> None:
    session = Client().session
    session["oidc_next"] = "/"
    session.save()
    ends_in = Session.objects.get(pk=session.session_key).expire_date - timezone.now()
    assert ends_in <= timedelta(hours=1)

"""The page that removes the second factor of another user: who may, whom, and who is told."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from crmmirror.sign_on.mail_queue import mails
from entities.models import AuditEntry, SecondFactor
from tests.support.access_limits import create_member, limit, log_in
from tests.support.login_settings import login_settings
from tests.support.second_factors import add_factor
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url

# Mails are sent in a thread, and once the removal is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann() -> User:
    ann = User.objects.create_user("ann", "ann@acme.example", "secret", is_staff=True)
    add_factor(ann)
    return ann


def address_of(user: User) -> str:
    return f"/admin/second-factor/{user.pk}/remove/"


def log_in_with_password(user: User) -> Any:
    """Return the answer to the right password of the user."""
    return Client().post("/admin/login/", {"username": user.username, "password": "secret"})


def test_an_administrator_removes_it_after_he_was_asked(ann: User) -> None:
    client = log_in_staff()
    assert address_of(ann) in get_page(client, page_url(ann))
    page = get_page(client, address_of(ann))
    assert "Remove the second factor of ann?" in page
    assert SecondFactor.objects.exists()
    assert log_in_with_password(ann)["Location"] == "/admin/login/code/"
    answer = client.post(address_of(ann))
    assert answer["Location"] == page_url(ann)
    assert "The second factor of ann is removed." in get_page(client, page_url(ann))
    assert not SecondFactor.objects.exists()
    assert log_in_with_password(ann)["Location"] == "/admin/"
    entry = AuditEntry.objects.get(action="second-factor-removed")
    assert (entry.object_id, entry.user_name.startswith("staff")) == (str(ann.pk), True)


def test_the_user_is_told_by_a_mail_if_there_is_a_mail_server(ann: User) -> None:
    with login_settings(EMAIL_URL="smtp://127.0.0.1:9", WEB_URL="https://mirror.example"):
        page = get_page(log_in_staff(), address_of(ann))
        log_in_staff().post(address_of(ann))
        mails.wait_until_empty()
    assert "A mail tells him." in page
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ann@acme.example"], "Your second factor was removed")
    assert "of your login ann at https://mirror.example." in sent.body


def test_without_a_mail_server_the_page_says_that_no_mail_is_sent(ann: User) -> None:
    assert "No mail tells him: this mirror has no mail server." in get_page(log_in_staff(), address_of(ann))
    log_in_staff().post(address_of(ann))
    assert mail.outbox == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_manage_people_is_refused(ann: User, method: str) -> None:
    browser = log_in(create_member("Operator"))
    assert getattr(browser, method)(address_of(ann)).status_code == 403
    assert SecondFactor.objects.exists()


def test_nobody_removes_that_of_somebody_who_may_more(ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_superuser=True)
    browser = log_in(create_member("Administrator"))
    assert browser.post(address_of(ann)).status_code == 403
    assert address_of(ann) not in get_page(browser, page_url(ann))
    assert SecondFactor.objects.exists()


def test_nobody_gets_around_the_code_of_his_own() -> None:
    boss = User.objects.create_superuser("boss")
    add_factor(boss)
    browser = log_in(boss)
    assert browser.post(address_of(boss)).status_code == 403
    assert address_of(boss) not in get_page(browser, page_url(boss))
    assert SecondFactor.objects.exists()


def test_whom_a_limited_manager_does_not_see_and_who_has_none_are_answered_alike(ann: User) -> None:
    browser = log_in(limit(create_member("Administrator"), ensure_source()))
    assert browser.post(address_of(ann)).status_code == 404
    assert log_in_staff().post(address_of(create_member("Viewer"))).status_code == 404
    assert SecondFactor.objects.exists()


def test_there_is_no_such_page_where_second_factors_are_off(ann: User) -> None:
    with login_settings(SECOND_FACTOR="off"):
        assert "second factor" not in get_page(log_in_staff(), page_url(ann)).partition("object-tools")[2]
        assert log_in_staff().get(address_of(ann)).status_code == 404

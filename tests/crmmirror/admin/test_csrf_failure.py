"""Forms of pages that are older than a login in another tab, through their addresses."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support.staff_client import list_url, page_url

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"
HOME = "/admin/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)


@pytest.fixture
def browser(ann: User) -> Client:
    return Client(enforce_csrf_checks=True)


def read_token(browser: Client, address: str = LOGIN) -> str:
    """Open a page, and return the token of its form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(address).content.decode())
    assert found is not None
    return found[1]


def log_in(browser: Client, token: str, **fields: str) -> Any:
    form = {"username": "ann", "password": PASSWORD, "csrfmiddlewaretoken": token} | fields
    return browser.post(LOGIN, form)


def assert_asks_to_try_again(answer: Any, address: str) -> None:
    page = answer.content.decode()
    assert answer.status_code == 403
    assert f'<a class="button" href="{address}">Try again</a>' in page
    assert "crmmirror/admin.css" in page
    assert "DEBUG" not in page
    assert "<style" not in page, "the content security policy would block it"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/admin/entities/deal/?status=won", "/admin/entities/deal/?status=won"),
        ("http://testserver/admin/events/event/", "http://testserver/admin/events/event/"),
        ("", HOME),
        ("https://elsewhere.example/", HOME),
        ("//elsewhere.example/", HOME),
        ("javascript:alert()", HOME),
        ("/admin/\x00", "/admin/%00"),
    ],
)
def test_an_old_login_form_of_somebody_who_is_logged_in_by_now_leads_on(
    browser: Client, target: str, location: str
) -> None:
    old = read_token(browser)
    assert log_in(browser, read_token(browser), next=HOME).status_code == 302
    answer = log_in(browser, old, next=target)
    assert (answer.status_code, answer["Location"]) == (302, location)


def test_an_old_login_form_of_somebody_who_is_not_logged_in_asks_to_try_again(browser: Client) -> None:
    read_token(browser)
    answer = browser.post(f"{LOGIN}?next=/admin/auth/", {"username": "ann", "csrfmiddlewaretoken": "a" * 64})
    assert_asks_to_try_again(answer, "/admin/login/?next=/admin/auth/")
    assert "last logged in" in answer.content.decode()


def test_an_old_form_of_a_page_asks_to_try_again_and_leads_back_to_it(browser: Client, ann: User) -> None:
    log_in(browser, read_token(browser))
    page = page_url(ann)
    old = read_token(browser, page)
    log_in(browser, read_token(browser, "/admin/password_change/"))
    browser.logout()
    log_in(browser, read_token(browser))
    form = {"csrfmiddlewaretoken": old, "username": "another"}
    answer = browser.post(page, form, headers={"referer": f"http://testserver{page}"})
    assert_asks_to_try_again(answer, f"http://testserver{page}")
    assert User.objects.get().username == "ann"


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/x", "javascript:alert()"])
def test_a_form_from_elsewhere_leads_to_the_admin(browser: Client, referer: str) -> None:
    log_in(browser, read_token(browser))
    answer = browser.post(list_url(User), {"csrfmiddlewaretoken": "a" * 64}, headers={"referer": referer})
    assert_asks_to_try_again(answer, HOME)


def test_a_browser_without_cookies_is_told_to_allow_them(browser: Client) -> None:
    token = read_token(browser)
    browser.cookies.clear()
    answer = log_in(browser, token)
    assert_asks_to_try_again(answer, LOGIN)
    assert "Allow cookies" in answer.content.decode()


def test_an_origin_that_is_not_known_is_said_to_be_a_matter_of_settings(browser: Client) -> None:
    form = {"csrfmiddlewaretoken": read_token(browser)}
    answer = browser.post(LOGIN, form, headers={"origin": "https://mirror.example"})
    assert_asks_to_try_again(answer, LOGIN)
    assert "CSRF_TRUSTED_ORIGINS" in answer.content.decode()

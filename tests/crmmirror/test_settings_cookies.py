"""Several mirrors on one host: a browser keeps their cookies apart by name, since it does not by port."""

from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from django.contrib.auth.models import User

from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)


def log_in(browser: OpenerDirector, jar: CookieJar, web: WebServer, prefix: str) -> None:
    address = f"{web.url}/admin/login/"
    browser.open(address).close()
    token = next(cookie.value for cookie in jar if cookie.name == f"{prefix}csrftoken")
    form = {"username": "ann", "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/admin/"}
    browser.open(address, urlencode(form).encode()).close()


def is_logged_in(browser: OpenerDirector, web: WebServer) -> bool:
    with browser.open(f"{web.url}/admin/") as answer:
        return "/login/" not in answer.url


def test_two_mirrors_on_one_host_do_not_sign_each_others_staff_out(ann: User, tmp_path: Path) -> None:
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    one_directory, other_directory = tmp_path / "one", tmp_path / "other"
    one_directory.mkdir()
    other_directory.mkdir()
    with (
        run_web_server(one_directory) as one,
        run_web_server(other_directory, {"COOKIE_NAME_PREFIX": "sales-", "SECRET_KEY": "another"}) as other,
    ):
        log_in(browser, jar, one, "")
        log_in(browser, jar, other, "sales-")
        assert is_logged_in(browser, one)
        assert is_logged_in(browser, other)
    names = {"csrftoken", "sessionid", "known"}
    assert {cookie.name for cookie in jar} == names | {f"sales-{name}" for name in names}

"""Logging in to the admin and the API: guesses are slowed down, and nobody is locked out by others."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client, override_settings

from crmmirror.login_throttle import ADDRESS_LIMIT, BROWSER_LIMIT, NAME_LIMIT
from crmmirror.token_throttle import FAILURE_LIMIT
from entities.models import ApiToken
from events.models import TokenBucket
from tests.support.ports import HOST
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?next=/admin/"
PASSWORD = "correct horse battery"
OFFICE, STRANGER = "203.0.113.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)


def log_in(password: str, name: str = "ann", address: str = OFFICE, client: Client | None = None) -> Any:
    client = client or Client()
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(times: int, **who: Any) -> Counter[int]:
    return Counter(log_in("wrong", **who).status_code for _ in range(times))


def time_goes_by(seconds: float) -> None:
    TokenBucket.objects.update(full_at=F("full_at") - timedelta(seconds=seconds))


def addresses() -> Iterator[str]:
    """Five more than a name has tries."""
    return (f"192.0.2.{number}" for number in range(NAME_LIMIT.count + 5))


def test_the_right_password_lets_in(ann: User) -> None:
    answer = log_in(PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_an_address_that_fails_too_often_has_to_wait(ann: User) -> None:
    assert fail(ADDRESS_LIMIT.count) == {200: ADDRESS_LIMIT.count}
    answer = log_in(PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= ADDRESS_LIMIT.refill_seconds
    assert "Too many failed tries. Try again in 1 min." in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session
    time_goes_by(int(answer["Retry-After"]))
    assert log_in(PASSWORD).status_code == 302


def test_guessing_other_names_uses_up_an_address_too(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", name=f"somebody{number}")
    assert log_in("wrong", name="another").status_code == 429


def test_other_addresses_go_on(ann: User) -> None:
    fail(ADDRESS_LIMIT.count + 5, address=STRANGER)
    assert log_in(PASSWORD, address=OFFICE).status_code == 302


def test_an_ipv6_sender_has_one_address_however_many_it_has(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", address=f"2001:db8::{number + 1:x}")
    assert log_in("wrong", address="2001:db8::ffff:1").status_code == 429
    assert log_in("wrong", address="2001:db8:0:1::1").status_code == 200


def test_a_guess_that_is_spread_over_addresses_is_stopped_by_the_name(ann: User) -> None:
    statuses = Counter(log_in("wrong", address=address).status_code for address in addresses())
    assert statuses == {200: NAME_LIMIT.count, 429: 5}
    assert log_in("wrong", name="ANN").status_code == 429
    assert log_in("wrong", name="bob").status_code == 200


def test_names_that_nobody_has_are_treated_alike(ann: User) -> None:
    for name in ("ann", "nobody"):
        TokenBucket.objects.all().delete()
        assert fail(ADDRESS_LIMIT.count + 1, name=name) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_success_uses_nothing_up(ann: User) -> None:
    for _ in range(ADDRESS_LIMIT.count * 2):
        assert log_in(PASSWORD).status_code == 302
    assert fail(ADDRESS_LIMIT.count) == {200: ADDRESS_LIMIT.count}


def test_strangers_cannot_lock_out_a_browser_that_was_in_before(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    for address in addresses():
        log_in("wrong", address=address)
    fail(ADDRESS_LIMIT.count + 1, address=OFFICE, name="somebody")
    assert log_in(PASSWORD).status_code == 429
    browser.cookies = known(browser)
    assert log_in(PASSWORD, client=browser).status_code == 302


def known(browser: Client) -> Any:
    """A browser's cookies once its session has ended."""
    browser.cookies.pop("sessionid", None)
    return browser.cookies


def test_a_known_browser_has_its_own_limit(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    browser.cookies = known(browser)
    assert fail(BROWSER_LIMIT.count + 1, client=browser) == {200: BROWSER_LIMIT.count, 429: 1}


def test_a_browser_is_known_under_the_name_that_was_in_only(ann: User) -> None:
    User.objects.create_user("eve", password=PASSWORD, is_staff=True)
    browser = Client()
    log_in(PASSWORD, name="eve", client=browser)
    browser.cookies = known(browser)
    assert fail(ADDRESS_LIMIT.count + 1, client=browser) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_a_forged_mark_of_a_known_browser_is_none(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    browser.cookies = known(browser)
    browser.cookies["known"] = browser.cookies["known"].value[:-2] + "xx"
    assert fail(ADDRESS_LIMIT.count + 1, client=browser) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_the_mark_of_a_known_browser_is_no_session(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    browser.cookies = known(browser)
    assert browser.get("/admin/").status_code == 302
    assert browser.cookies["known"]["httponly"]
    assert browser.cookies["known"]["samesite"] == "Strict"
    assert "ann" not in browser.cookies["known"].value


def test_what_strangers_make_up_is_forgotten(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", name=f"somebody{number}")
    assert TokenBucket.objects.count() == ADDRESS_LIMIT.count + 1
    time_goes_by(NAME_LIMIT.seconds)
    log_in("wrong")
    assert TokenBucket.objects.count() == 2


def test_a_name_of_any_length_takes_a_short_key(ann: User) -> None:
    log_in("wrong", name="é" * 150)
    assert max(len(row.key) for row in TokenBucket.objects.all()) < 100


@override_settings(BEHIND_PROXY=True)
def test_behind_a_proxy_the_address_is_the_one_that_it_forwards(ann: User) -> None:
    def forwarded(address: str) -> int:
        headers = {"X-Forwarded-For": f"made-up, {address}"}
        return Client().post(LOGIN, {"username": "ann", "password": "wrong"}, headers=headers).status_code

    for _ in range(ADDRESS_LIMIT.count):
        forwarded(STRANGER)
    assert (forwarded(STRANGER), forwarded(OFFICE)) == (429, 200)


@pytest.mark.django_db(transaction=True)
def test_guesses_that_come_at_once_are_counted_by_all_processes(ann: User, tmp_path: Path) -> None:
    directories = [tmp_path / name for name in "ab"]
    for directory in directories:
        directory.mkdir()
    with (
        run_web_server(directories[0]) as one,
        run_web_server(directories[1]) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        token = csrf_token(one.port)
        ports = [one.port, other.port] * ADDRESS_LIMIT.count
        statuses = Counter(pool.map(lambda port: guess(port, token), ports))
    assert set(statuses) == {200, 429}
    # One more comes back each half minute.
    assert ADDRESS_LIMIT.count <= statuses[200] <= ADDRESS_LIMIT.count + 2


def csrf_token(port: int) -> str:
    connection = HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", LOGIN)
    cookie = connection.getresponse().headers["Set-Cookie"]
    connection.close()
    return cookie.split("csrftoken=")[1].split(";")[0]


def guess(port: int, token: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=60)
    form = urlencode({"username": "ann", "password": "wrong", "csrfmiddlewaretoken": token})
    headers = {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", LOGIN, form, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def ask(token: str, address: str = STRANGER) -> Any:
    headers = {"Authorization": f"Token {token}"}
    return Client().get("/api/v1/deals/", headers=headers, REMOTE_ADDR=address)


def fail_at_the_api(address: str = STRANGER) -> None:
    """Until no failure is left, however long a request takes here."""
    assert ask("crm_x", address).status_code == 401
    time_goes_by(-FAILURE_LIMIT.seconds)


def test_tokens_that_are_none_are_slowed_down(ann: User) -> None:
    fail_at_the_api()
    answer = ask("crm_another")
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(answer["Retry-After"]) <= 4
    assert ask("crm_another", address=OFFICE).status_code == 401


def test_a_token_that_is_one_is_let_in_whoever_fails_beside_it(ann: User) -> None:
    fail_at_the_api()
    assert ask(ApiToken.issue(ann, "tests")[1]).status_code == 200


def test_failing_at_the_api_does_not_keep_staff_from_logging_in(ann: User) -> None:
    fail_at_the_api(OFFICE)
    assert log_in(PASSWORD).status_code == 302


def test_pages_come_with_strict_headers(ann: User) -> None:
    answer = Client().get(LOGIN)
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db(transaction=True)
def test_over_https_cookies_are_for_this_host_and_for_no_script(ann: User, tmp_path: Path) -> None:
    environment = {"HTTPS": "true", "BEHIND_PROXY": "true", "COOKIE_NAME_PREFIX": "sales-"}
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": OFFICE}
    with run_web_server(tmp_path, environment) as web:
        connection = HTTPConnection(HOST, web.port, timeout=30)
        connection.request("GET", LOGIN, headers=forwarded)
        response = connection.getresponse()
        connection.close()
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sales-csrftoken=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert()"]
)
def test_a_login_that_is_to_lead_elsewhere_leads_to_the_admin(ann: User, target: str) -> None:
    form = {"username": "ann", "password": PASSWORD, "next": target}
    assert Client().post("/admin/login/", form)["Location"] == "/admin/"

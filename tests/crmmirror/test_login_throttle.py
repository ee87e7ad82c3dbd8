"""The login limits of the admin and the API: guessing is slowed down, and strangers lock nobody out."""

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
def fast_password_hasher(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)


def log_in(password: str, name: str = "ann", address: str = OFFICE, client: Client | None = None) -> Any:
    client = client or Client()
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def fail_to_log_in(times: int, **attempt: Any) -> Counter[int]:
    """Log in with a wrong password; return how often each status came."""
    return Counter(log_in("wrong", **attempt).status_code for _ in range(times))


def let_time_pass(seconds: float) -> None:
    """Refill all token buckets as if so many seconds had passed."""
    TokenBucket.objects.update(full_at=F("full_at") - timedelta(seconds=seconds))


def more_addresses_than_attempts() -> Iterator[str]:
    """Return five more addresses than a name has attempts."""
    return (f"192.0.2.{number}" for number in range(NAME_LIMIT.count + 5))


def test_the_right_password_logs_in(ann: User) -> None:
    answer = log_in(PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_an_address_that_fails_too_often_has_to_wait(ann: User) -> None:
    assert fail_to_log_in(ADDRESS_LIMIT.count) == {200: ADDRESS_LIMIT.count}
    answer = log_in(PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= ADDRESS_LIMIT.refill_seconds
    assert "Too many failed tries. Try again in 1 min." in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session
    let_time_pass(int(answer["Retry-After"]))
    assert log_in(PASSWORD).status_code == 302


def test_guesses_of_several_names_share_the_limit_of_their_address(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", name=f"somebody{number}")
    assert log_in("wrong", name="another").status_code == 429


def test_other_addresses_can_still_log_in(ann: User) -> None:
    fail_to_log_in(ADDRESS_LIMIT.count + 5, address=STRANGER)
    assert log_in(PASSWORD, address=OFFICE).status_code == 302


def test_all_addresses_of_an_ipv6_network_share_one_limit(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", address=f"2001:db8::{number + 1:x}")
    assert log_in("wrong", address="2001:db8::ffff:1").status_code == 429
    assert log_in("wrong", address="2001:db8:0:1::1").status_code == 200


def test_guesses_from_many_addresses_are_stopped_by_the_limit_of_the_name(ann: User) -> None:
    statuses = Counter(
        log_in("wrong", address=address).status_code for address in more_addresses_than_attempts()
    )
    assert statuses == {200: NAME_LIMIT.count, 429: 5}
    assert log_in("wrong", name="ANN").status_code == 429
    assert log_in("wrong", name="bob").status_code == 200


def test_a_name_that_strangers_have_used_up_does_not_use_up_the_address(ann: User) -> None:
    for address in more_addresses_than_attempts():
        log_in("wrong", address=address)
    assert fail_to_log_in(ADDRESS_LIMIT.count, address=OFFICE) == {429: ADDRESS_LIMIT.count}
    assert log_in("wrong", name="bob", address=OFFICE).status_code == 200


def test_an_unknown_name_has_the_same_limit_as_a_known_one(ann: User) -> None:
    for name in ("ann", "nobody"):
        TokenBucket.objects.all().delete()
        assert fail_to_log_in(ADDRESS_LIMIT.count + 1, name=name) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_a_successful_login_consumes_no_attempt(ann: User) -> None:
    for _ in range(ADDRESS_LIMIT.count * 2):
        assert log_in(PASSWORD).status_code == 302
    assert fail_to_log_in(ADDRESS_LIMIT.count) == {200: ADDRESS_LIMIT.count}


def test_strangers_cannot_lock_out_a_browser_that_has_logged_in_before(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    for address in more_addresses_than_attempts():
        log_in("wrong", address=address)
    fail_to_log_in(ADDRESS_LIMIT.count + 1, address=OFFICE, name="somebody")
    assert log_in(PASSWORD).status_code == 429
    end_session(browser)
    assert log_in(PASSWORD, client=browser).status_code == 302


def end_session(browser: Client) -> None:
    """Remove the session's cookie from the browser; the known-browser cookie stays."""
    browser.cookies.pop("sessionid", None)


def test_a_known_browser_has_its_own_limit(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    end_session(browser)
    assert fail_to_log_in(BROWSER_LIMIT.count + 1, client=browser) == {200: BROWSER_LIMIT.count, 429: 1}


def test_a_browser_is_known_only_for_the_name_that_has_logged_in(ann: User) -> None:
    User.objects.create_user("eve", password=PASSWORD, is_staff=True)
    browser = Client()
    log_in(PASSWORD, name="eve", client=browser)
    end_session(browser)
    assert fail_to_log_in(ADDRESS_LIMIT.count + 1, client=browser) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_a_forged_known_browser_cookie_does_not_count(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    end_session(browser)
    browser.cookies["known"] = browser.cookies["known"].value[:-2] + "xx"
    assert fail_to_log_in(ADDRESS_LIMIT.count + 1, client=browser) == {200: ADDRESS_LIMIT.count, 429: 1}


def test_the_known_browser_cookie_is_not_a_session(ann: User) -> None:
    browser = Client()
    log_in(PASSWORD, client=browser)
    end_session(browser)
    assert browser.get("/admin/").status_code == 302
    assert browser.cookies["known"]["httponly"]
    assert browser.cookies["known"]["samesite"] == "Strict"
    assert "ann" not in browser.cookies["known"].value


def test_the_buckets_of_made_up_names_are_deleted_once_they_are_full(ann: User) -> None:
    for number in range(ADDRESS_LIMIT.count):
        log_in("wrong", name=f"somebody{number}")
    # One for each name, one for the address, and that of the audit log.
    assert TokenBucket.objects.count() == ADDRESS_LIMIT.count + 2
    let_time_pass(NAME_LIMIT.seconds)
    log_in("wrong")
    assert TokenBucket.objects.count() == 2


def test_a_long_name_has_a_short_bucket_key(ann: User) -> None:
    log_in("wrong", name="é" * 150)
    assert max(len(row.key) for row in TokenBucket.objects.all()) < 100


@override_settings(BEHIND_PROXY=True)
def test_behind_a_proxy_the_address_is_the_one_that_it_forwards(ann: User) -> None:
    def post_forwarded(address: str) -> int:
        headers = {"X-Forwarded-For": f"made-up, {address}"}
        return Client().post(LOGIN, {"username": "ann", "password": "wrong"}, headers=headers).status_code

    for _ in range(ADDRESS_LIMIT.count):
        post_forwarded(STRANGER)
    assert (post_forwarded(STRANGER), post_forwarded(OFFICE)) == (429, 200)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_guesses_are_counted_across_processes(ann: User, tmp_path: Path) -> None:
    directories = [tmp_path / name for name in "ab"]
    for directory in directories:
        directory.mkdir()
    with (
        run_web_server(directories[0]) as one,
        run_web_server(directories[1]) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        token = fetch_csrf_token(one.port)
        ports = [one.port, other.port] * ADDRESS_LIMIT.count
        statuses = Counter(pool.map(lambda port: post_guess(port, token), ports))
    assert set(statuses) == {200, 429}
    # While the requests run, the bucket gets one more attempt each half minute.
    assert ADDRESS_LIMIT.count <= statuses[200] <= ADDRESS_LIMIT.count + 2


def fetch_csrf_token(port: int) -> str:
    connection = HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", LOGIN)
    cookie = connection.getresponse().headers["Set-Cookie"]
    connection.close()
    return cookie.split("csrftoken=")[1].split(";")[0]


def post_guess(port: int, token: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=60)
    form = urlencode({"username": "ann", "password": "wrong", "csrfmiddlewaretoken": token})
    headers = {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", LOGIN, form, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def request_api(token: str, address: str = STRANGER) -> Any:
    headers = {"Authorization": f"Token {token}"}
    return Client().get("/api/v1/deals/", headers=headers, REMOTE_ADDR=address)


def exhaust_api_failures(address: str = STRANGER) -> None:
    """Fail once, and empty the bucket for so long that slow requests on this machine refill nothing."""
    assert request_api("crm_x", address).status_code == 401
    let_time_pass(-FAILURE_LIMIT.seconds)


def test_an_address_that_tries_unknown_tokens_too_often_has_to_wait(ann: User) -> None:
    exhaust_api_failures()
    answer = request_api("crm_another")
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(answer["Retry-After"]) <= 4
    assert request_api("crm_another", address=OFFICE).status_code == 401


def test_a_valid_token_is_accepted_from_an_address_that_has_failed_too_often(ann: User) -> None:
    exhaust_api_failures()
    assert request_api(ApiToken.issue(ann, "tests")[1]).status_code == 200


def test_failing_at_the_api_does_not_keep_staff_from_logging_in(ann: User) -> None:
    exhaust_api_failures(OFFICE)
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
    environment = {
        "HTTPS": "true",
        "BEHIND_PROXY": "true",
        "LOG_LEVEL": "ERROR",
        "COOKIE_NAME_PREFIX": "sales-",
    }
    proxy_headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": OFFICE}
    with run_web_server(tmp_path, environment) as web:
        connection = HTTPConnection(HOST, web.port, timeout=30)
        connection.request("GET", LOGIN, headers=proxy_headers)
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
def test_a_login_with_a_target_on_another_site_leads_to_the_admin(ann: User, target: str) -> None:
    form = {"username": "ann", "password": PASSWORD, "next": target}
    assert Client().post("/admin/login/", form)["Location"] == "/admin/"

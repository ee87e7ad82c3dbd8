"""One reader, with however many requests and credentials, leaves connections to the others."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings

from entities.models import Deal, Lead
from tests.support.api_client import authorization_header, create_record
from tests.support.reader_requests import (
    Answer,
    ask,
    assert_busy,
    assert_busy_page,
    locked,
    wait_for_sessions,
    wait_for_waiting_sessions,
)
from tests.support.staff_client import list_url, log_in_staff
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 40
REQUESTS_PER_READER = 4
TOO_MANY, UNAVAILABLE = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE
SLOW = {"DJANGO_SETTINGS_MODULE": "tests.support.slow_settings"}
SLEEPS = "state = 'active' AND query LIKE 'SELECT pg_sleep%'"


@pytest.fixture
def token() -> str:
    return authorization_header()


@pytest.fixture
def cookie() -> str:
    return f"{settings.SESSION_COOKIE_NAME}={log_in_staff().cookies[settings.SESSION_COOKIE_NAME].value}"


def ask_at_once(pool: ThreadPoolExecutor, send: Callable[[], Answer]) -> list[Future[Answer]]:
    """Send the same request READERS times."""
    return [pool.submit(send) for _ in range(READERS)]


def count_statuses(requests: list[Future[Answer]]) -> Counter[int]:
    return Counter(request.result().status for request in requests)


def test_readers_of_a_locked_table_leave_connections_to_other_readers(token: str, tmp_path: Path) -> None:
    """Neither token has been seen before by the process, so that both count for one address too."""
    create_record(Deal)
    other = authorization_header()
    with run_web_server(tmp_path) as web, ThreadPoolExecutor(READERS) as pool, locked(Deal):
        requests = ask_at_once(pool, lambda: ask(web, "/api/v1/deals/", Authorization=token))
        wait_for_waiting_sessions(REQUESTS_PER_READER)
        answers = [ask(web, "/api/v1/leads/", Authorization=other) for _ in range(20)]
        waiting = [request for request in requests if not request.done()]
        statuses = count_statuses(requests)
    assert {answer.status for answer in answers} == {200}
    assert max(answer.seconds for answer in answers) < 2
    assert len(waiting) == 2 * REQUESTS_PER_READER
    assert statuses == {UNAVAILABLE: REQUESTS_PER_READER, TOO_MANY: READERS - REQUESTS_PER_READER}
    for request in requests:
        status = HTTPStatus(request.result().status)
        assert_busy(request.result(), status, "database" if status is UNAVAILABLE else "4 requests")


def test_slow_queries_of_one_token_leave_connections_to_other_readers(token: str, tmp_path: Path) -> None:
    other = authorization_header()
    environment = SLOW | {"REQUEST_SECONDS": "4"}
    with run_web_server(tmp_path, environment) as web, ThreadPoolExecutor(READERS) as pool:
        requests = ask_at_once(pool, lambda: ask(web, "/api/v1/slow/", Authorization=token))
        wait_for_sessions(REQUESTS_PER_READER, SLEEPS)
        answers = [ask(web, "/api/v1/leads/", Authorization=other) for _ in range(20)]
        statuses = count_statuses(requests)
    assert {answer.status for answer in answers} == {200}
    assert statuses == {UNAVAILABLE: REQUESTS_PER_READER, TOO_MANY: READERS - REQUESTS_PER_READER}


def test_pages_of_one_session_are_refused_with_a_page(cookie: str, tmp_path: Path) -> None:
    with run_web_server(tmp_path) as web, ThreadPoolExecutor(READERS) as pool:
        assert ask(web, list_url(Lead), Cookie=cookie).status == 200
        with locked(Deal):
            requests = ask_at_once(pool, lambda: ask(web, list_url(Deal), Cookie=cookie))
            wait_for_waiting_sessions(REQUESTS_PER_READER)
            statuses = count_statuses(requests)
    assert statuses == {UNAVAILABLE: REQUESTS_PER_READER, TOO_MANY: READERS - REQUESTS_PER_READER}
    for request in requests:
        if request.result().status == TOO_MANY:
            assert_busy_page(request.result(), TOO_MANY, "Too many requests at once")


def test_a_list_that_waits_for_its_table_holds_up_no_other_list(cookie: str, tmp_path: Path) -> None:
    with run_web_server(tmp_path) as web, ThreadPoolExecutor(1) as pool, locked(Deal):
        waiting = pool.submit(ask, web, list_url(Deal), Cookie=cookie)
        wait_for_waiting_sessions(1)
        other = ask(web, list_url(Lead), Cookie=cookie)
        assert not waiting.done()
    assert other.status == 200


def test_made_up_credentials_share_what_an_address_may(token: str, tmp_path: Path) -> None:
    """Tokens that differ each time, on a page that does not check them."""
    with (
        run_web_server(tmp_path, SLOW | {"REQUEST_SECONDS": "4"}) as web,
        ThreadPoolExecutor(READERS) as pool,
    ):
        requests = [
            pool.submit(ask, web, "/slow/", Authorization=f"Token {number}") for number in range(READERS)
        ]
        statuses = count_statuses(requests)
    assert statuses == {UNAVAILABLE: 2 * REQUESTS_PER_READER, TOO_MANY: READERS - 2 * REQUESTS_PER_READER}


def test_all_statements_of_a_request_end_with_its_time(tmp_path: Path) -> None:
    """Each statement takes half a second, and none of them the limit of a statement."""
    with run_web_server(tmp_path, SLOW | {"REQUEST_SECONDS": "2"}) as web:
        problem, page = ask(web, "/api/v1/many/"), ask(web, "/many/")
    assert_busy(problem, UNAVAILABLE, "database")
    assert_busy_page(page, UNAVAILABLE, "The database did not answer in time")
    assert max(problem.seconds, page.seconds) < 2 + 1
    # One line a minute.
    assert web.log.read_text().count("RequestTimeout") == 1


def test_a_reader_who_sends_slow_requests_all_the_time_is_told_how_long_to_wait(
    token: str, tmp_path: Path
) -> None:
    environment = SLOW | {"READER_SECONDS": "4", "STATEMENT_SECONDS": "2"}
    with run_web_server(tmp_path, environment) as web:
        statuses = [ask(web, "/api/v1/slow/", Authorization=token).status for _ in range(2)]
        refused = ask(web, "/api/v1/leads/", Authorization=token)
        assert ask(web, "/api/v1/leads/", Authorization=authorization_header()).status == 200
    assert statuses == [UNAVAILABLE, UNAVAILABLE]
    assert_busy(refused, TOO_MANY, "4 seconds in 60 seconds")
    # A second over the limit is 15 s of waiting. On a slow machine each request is some tenths over.
    assert int(refused.headers["retry-after"]) < 60


def test_a_reader_without_pause_is_never_refused(token: str, tmp_path: Path) -> None:
    """READER_SECONDS is what one request at a time takes in a minute; here a minute's share of the time."""
    with run_web_server(tmp_path, {"READER_SECONDS": "60"}) as web:
        deadline = time.monotonic() + 5
        statuses: Counter[int] = Counter()
        while time.monotonic() < deadline:
            statuses[ask(web, "/api/v1/deals/", Authorization=token).status] += 1
    assert set(statuses) == {200}

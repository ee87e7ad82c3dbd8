"""Readers that wait for the database hold up no deliveries, and are cut with an answer that they can read."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from entities.models import Deal, Lead
from events.models import Source
from tests.support.api_client import authorization_header, create_record
from tests.support.ports import HOST, free_port
from tests.support.reader_requests import (
    Answer,
    ask,
    assert_busy,
    assert_busy_page,
    deliver,
    locked,
    wait_for_waiting_sessions,
)
from tests.support.staff_client import list_url, log_in_staff
from tests.support.vendor_requests import new_source
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 45
READER_CONNECTIONS = 16
LOCK_SECONDS = 5
POOL_SECONDS = 3
METRICS_TOKEN = "for-prometheus"
# A session that does not exist, which only the database can tell.
SOME_SESSION = f"{settings.SESSION_COOKIE_NAME}={'a' * 32}"


@pytest.fixture
def source() -> Source:
    """Return a source whose address is its only secret."""
    return new_source("none")[0]


@pytest.fixture
def tokens() -> list[str]:
    """Return the headers of users who may read everything."""
    return [authorization_header() for _ in range(READERS)]


def test_many_readers_of_a_locked_table_hold_up_no_deliveries_and_are_cut(
    source: Source, tokens: list[str], tmp_path: Path
) -> None:
    create_record(Deal)
    with run_web_server(tmp_path, {"METRICS_TOKEN": METRICS_TOKEN}) as web, ThreadPoolExecutor(60) as pool:
        for token in tokens:
            assert ask(web, "/api/v1/deals/", Authorization=token).status == 200
        assert deliver(web, source, 0).status == 202
        with locked(Deal):
            readers = [pool.submit(ask, web, "/api/v1/deals/", Authorization=token) for token in tokens]
            wait_for_waiting_sessions(READER_CONNECTIONS)
            deliveries = [deliver(web, source, number) for number in range(1, 61)]
            ready = ask(web, "/readyz")
            metrics = ask(web, "/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
            are_still_waiting = not all(reader.done() for reader in readers)
            deliveries += deliver_until_done(web, source, readers)
            answers = [reader.result() for reader in readers]
            assert ask(web, "/api/v1/leads/", Authorization=tokens[0]).status == 200
        assert ask(web, "/api/v1/deals/", Authorization=tokens[0]).status == 200
    assert are_still_waiting
    assert {delivery.status for delivery in deliveries} == {202}
    assert max(delivery.seconds for delivery in deliveries) < 1
    assert ready.status == 200, ready.body
    assert (metrics.status, "crmmirror_pending_events{" in metrics.body) == (200, True)
    for answer in answers:
        assert_busy(answer, HTTPStatus.SERVICE_UNAVAILABLE, "")
    assert max(answer.seconds for answer in answers) < POOL_SECONDS + LOCK_SECONDS + 2
    assert_logged_without_statement(web, {"LockNotAvailable", "PoolTimeout"})
    assert "readers_refused" in web.log.read_text()


def deliver_until_done(web: WebServer, source: Source, readers: list[Future[Answer]]) -> list[Answer]:
    """Deliver as long as readers wait."""
    answers: list[Answer] = []
    while not all(reader.done() for reader in readers):
        answers.append(deliver(web, source, 1000 + len(answers)))
        time.sleep(0.02)
    return answers


def assert_cut(answer: Answer) -> None:
    assert_busy(answer, HTTPStatus.SERVICE_UNAVAILABLE, "database")


def assert_cut_page(answer: Answer) -> None:
    assert_busy_page(answer, HTTPStatus.SERVICE_UNAVAILABLE, "The database did not answer in time")


def assert_logged_without_statement(web: WebServer, errors: set[str]) -> None:
    log = web.log.read_text()
    lines = [line for line in log.splitlines() if "request_cut" in line]
    assert {error for error in errors if any(error in line for line in lines)} == errors
    assert all(word not in log for word in ("SELECT", "Traceback", "Service Unavailable"))


def test_a_page_of_the_admin_that_waits_for_a_lock_is_cut_with_a_page_that_says_so(tmp_path: Path) -> None:
    session = log_in_staff().cookies[settings.SESSION_COOKIE_NAME].value
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    with run_web_server(tmp_path, {"STATEMENT_SECONDS": "2"}) as web, locked(Deal):
        answer = ask(web, list_url(Deal), Cookie=cookie)
        assert ask(web, list_url(Lead), Cookie=cookie).status == 200
    assert_cut_page(answer)
    assert answer.seconds < 1 + 2  # Half of STATEMENT_SECONDS, and a margin.
    assert_logged_without_statement(web, {"LockNotAvailable"})


def test_a_slow_statement_is_cut(tmp_path: Path) -> None:
    environment = {"STATEMENT_SECONDS": "1", "DJANGO_SETTINGS_MODULE": "tests.support.slow_settings"}
    with run_web_server(tmp_path, environment) as web:
        page, problem = ask(web, "/slow/"), ask(web, "/api/v1/slow/")
    assert_cut_page(page)
    assert_cut(problem)
    assert max(page.seconds, problem.seconds) < 1 + 2
    assert_logged_without_statement(web, {"QueryCanceled"})


def test_readers_are_told_that_the_database_is_away(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with run_web_server(tmp_path, {"DATABASE_URL": nowhere}) as web:
        problem = ask(web, "/api/v1/deals/", Authorization="Token some")
        page = ask(web, "/admin/", Cookie=SOME_SESSION)
    assert_cut(problem)
    assert_cut_page(page)
    assert_logged_without_statement(web, {"PoolTimeout"})


def test_another_error_is_still_a_server_error(tmp_path: Path) -> None:
    """A statement that is wrong is a bug, which no second attempt mends."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME COLUMN session_data TO hidden")
    try:
        with run_web_server(tmp_path) as web:
            answer = ask(web, "/admin/", Cookie=SOME_SESSION)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_session RENAME COLUMN hidden TO session_data")
    assert (answer.status, "retry-after" in answer.headers) == (500, False)

"""Exports of lists from a web server that runs: an export that breaks does not look whole."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import pytest

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.api.exports.file_formats import FILE_FORMATS
from entities.models import Lead
from tests.support.api_client import authorization_header, ensure_source
from tests.support.ports import HOST
from tests.support.reader_requests import ask, locked
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

# More than what the buffers between the server and a client that does not read hold.
ROWS, ROW_BYTES = 30_000, 600
MAKE_LEADS = """
    INSERT INTO entities_lead (source_id, external_id, is_placeholder, name)
    SELECT %s, n, false, repeat('x', %s) FROM generate_series(1, %s) n
"""
KILL = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE query LIKE %s AND pid <> pg_backend_pid()
"""
WAIT_SECONDS = 20


@pytest.fixture
def token() -> str:
    execute(MAKE_LEADS, ensure_source().pk, ROW_BYTES, ROWS)
    return authorization_header()


def kill_copy() -> None:
    """Wait for a session that copies rows, and kill it in the middle."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if fetch_value(KILL, "COPY (%"):
            return
        time.sleep(0.005)
    raise TimeoutError("no session has copied rows")


@pytest.mark.parametrize("name", FILE_FORMATS)
def test_an_export_whose_session_is_killed_is_no_file(tmp_path: Path, token: str, name: str) -> None:
    with run_web_server(tmp_path) as web, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, web, f"/api/v1/leads/?format={name}&ordering=name", Authorization=token)
        kill_copy()
        result = answer.result()
        assert (result.status, result.headers["content-type"]) == (503, "application/problem+json")
        assert int(result.headers["retry-after"]) > 0
        # The next export gets another connection.
        again = ask(web, "/api/v1/leads/?format=csv&fields=id", Authorization=token)
    assert (again.status, len(again.content.splitlines())) == (200, ROWS + 1)


def read_late(web: WebServer, token: str, seconds: float) -> Iterator[bytes]:
    """Ask for an export, wait, and read it; yield what came. Raises IncompleteRead if it is not whole."""
    with closing(HTTPConnection(HOST, web.port, timeout=60)) as http:
        http.request("GET", "/api/v1/leads/?format=csv", headers={"Authorization": token})
        response = http.getresponse()
        time.sleep(seconds)
        yield response.read()


def test_a_slow_reader_is_cut_and_sees_that_the_file_is_not_whole(tmp_path: Path, token: str) -> None:
    with run_web_server(tmp_path, {"DOWNLOAD_SECONDS": "1"}) as web:
        with pytest.raises(IncompleteRead):
            next(read_late(web, token, 3))
        assert len(next(read_late(web, token, 0)).splitlines()) == ROWS + 1


def test_a_reader_that_reads_nothing_holds_no_connection(tmp_path: Path, token: str) -> None:
    with (
        run_web_server(tmp_path, {"READER_CONNECTIONS": "1"}) as web,
        closing(HTTPConnection(HOST, web.port, timeout=60)) as http,
    ):
        http.request("GET", "/api/v1/leads/?format=csv", headers={"Authorization": token})
        response = http.getresponse()
        assert ask(web, "/api/v1/leads/?page_size=1", Authorization=token).status == 200
        assert len(response.read().splitlines()) == ROWS + 1


def test_an_export_may_take_longer_than_a_page(tmp_path: Path, token: str) -> None:
    with run_web_server(tmp_path, {"REQUEST_SECONDS": "1", "STATEMENT_SECONDS": "1"}) as web:
        answer = ask(web, "/api/v1/leads/?format=xlsx", Authorization=token)
    assert answer.status == 200
    assert len(answer.content) == int(answer.headers["content-length"])


def test_an_export_is_cut_by_its_own_limit(tmp_path: Path, token: str) -> None:
    with run_web_server(tmp_path, {"EXPORT_SECONDS": "1"}) as web, locked(Lead):
        answer = ask(web, "/api/v1/leads/?format=parquet", Authorization=token)
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")

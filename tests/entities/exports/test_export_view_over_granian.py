"""Exports from a web server that runs: their time limit, and what a slow download holds."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from crmmirror.lib.database.cursors import execute
from entities.models import AuditEntry, Lead
from tests.support.api_client import ensure_source
from tests.support.exported_lists import export_url
from tests.support.ports import HOST
from tests.support.reader_requests import ask, assert_busy_page, locked
from tests.support.spreadsheets import read_csv
from tests.support.staff_client import list_url, log_in_staff
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

LOCK_SECONDS = 2.5
# More than what the buffers between the server and a client that does not read hold.
ROWS, ROW_BYTES = 30_000, 600
MAKE_LEADS = """
    INSERT INTO entities_lead (source_id, external_id, is_placeholder, name)
    SELECT %s, n, false, repeat('x', %s) FROM generate_series(1, %s) n
"""


def log_in() -> str:
    """Return the cookie of a new superuser."""
    session = log_in_staff().cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}"


def test_a_client_that_does_not_read_holds_no_connection(tmp_path: Path) -> None:
    execute(MAKE_LEADS, ensure_source().pk, ROW_BYTES, ROWS)
    slow, other = log_in(), log_in()
    with (
        run_web_server(tmp_path, {"READER_CONNECTIONS": "1"}) as web,
        closing(HTTPConnection(HOST, web.port, timeout=60)) as http,
    ):
        http.request("GET", f"{export_url(Lead)}?format=csv", headers={"Cookie": slow})
        response = http.getresponse()
        size = int(response.headers["Content-Length"])
        pages = [ask(web, list_url(Lead), Cookie=cookie).status for cookie in (other, slow)]
        content = response.read()
    assert size > ROWS * ROW_BYTES
    assert pages == [200, 200]
    assert len(content) == size
    assert len(read_csv(content)) == ROWS + 1
    assert AuditEntry.objects.get().detail["rows"] == ROWS


def test_an_export_may_take_longer_than_a_page_and_is_cut_by_its_own_limit(tmp_path: Path) -> None:
    """While the table is locked, both wait."""
    limits = {"REQUEST_SECONDS": "1", "EXPORT_SECONDS": "20", "STATEMENT_SECONDS": "20"}
    cookie = log_in()
    with run_web_server(tmp_path, limits) as web, ThreadPoolExecutor(2) as pool:
        with locked(Lead):
            export = pool.submit(ask, web, f"{export_url(Lead)}?format=csv", Cookie=cookie)
            page = pool.submit(ask, web, list_url(Lead), Cookie=cookie)
            time.sleep(LOCK_SECONDS)
        assert export.result().status == 200
        assert page.result().status == HTTPStatus.SERVICE_UNAVAILABLE
    assert AuditEntry.objects.count() == 1
    with run_web_server(tmp_path, limits | {"EXPORT_SECONDS": "1"}) as web, locked(Lead):
        answer = ask(web, f"{export_url(Lead)}?format=xlsx", Cookie=cookie)
        assert_busy_page(answer, HTTPStatus.SERVICE_UNAVAILABLE, "The database did not answer in time")
    assert AuditEntry.objects.count() == 1

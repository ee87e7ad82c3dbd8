"""A database that takes no changes, as a hot standby: it is read, and whatever needs changes is told so."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from entities.models import ApiToken, Deal, Lead
from events.models import Event, Source
from tests.support.api_client import create_record
from tests.support.celery_programs import run_celery
from tests.support.faults.standby import promote, run_standby
from tests.support.paths import PROJECT
from tests.support.ports import HOST
from tests.support.running_mirror import wait_until
from tests.support.staff_client import list_url, page_url, store_delivery
from tests.support.vendor_requests import BODY, delivery_path, new_source
from tests.support.web_server import WebServer, database_url, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Answer:
    """The answer of the server; the names of the headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: str


def ask(web: WebServer, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    with closing(HTTPConnection(HOST, web.port, timeout=30)) as http:
        http.request(method, path, body, headers)
        response = http.getresponse()
        text = response.read().decode()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)


@dataclass(frozen=True)
class Data:
    """The rows that are stored before the failover. session: ann's cookie; she has a message to be shown."""

    source: Source
    deal: Deal
    event: Event
    token: str
    session: str


@pytest.fixture
def data() -> Data:
    ann = User.objects.create_user("ann", password=PASSWORD, is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(ann)
    session = browser.session
    session["_messages"] = '[["__json_message",0,25,"It was saved.",""]]'
    session.save()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    _, token = ApiToken.issue(ann, "tests")
    return Data(new_source("none")[0], create_record(Deal), store_delivery(BODY), f"Token {token}", cookie)


@contextmanager
def run_read_only(directory: Path) -> Iterator[str]:
    """Yield a URL of the test's database itself, whose connections take no changes."""
    yield database_url("options=-c%20default_transaction_read_only%3Don")


@contextmanager
def run_in_standby(directory: Path) -> Iterator[str]:
    (directory / "standby").mkdir()
    with run_standby(directory / "standby") as url:
        yield url


@pytest.mark.parametrize(
    "run",
    [run_read_only, pytest.param(run_in_standby, marks=pytest.mark.prove)],
    ids=lambda run: run.__name__,
)
def test_a_read_only_database_is_read_and_not_ready_and_deliveries_are_asked_to_come_again(
    run: Callable[[Path], AbstractContextManager[str]], data: Data, tmp_path: Path
) -> None:
    with run(tmp_path) as url, run_web_server(tmp_path, {"DATABASE_URL": url}) as web:
        ready = ask(web, "/readyz")
        deliveries = [ask(web, delivery_path(data.source), "POST", BODY) for _ in range(3)]
        reads = [ask(web, f"/api/v1/{path}", Authorization=data.token) for path in ("", "deals/", "events/")]
        wrong_token = ask(web, "/api/v1/deals/", Authorization="Token crm_wrong")
        pages = {path: ask(web, path, Cookie=data.session) for path in pages_to_read(data)}
        audited = [ask(web, path, Cookie=data.session) for path in audited_addresses(data)]
        login = log_in(web)
    assert (ready.status, "is read-only" in ready.body) == (503, True)
    assert "to the primary" in ready.body
    assert {delivery.status for delivery in deliveries} == {503}
    assert all(int(delivery.headers["retry-after"]) > 0 for delivery in deliveries)
    assert [read.status for read in reads] == [200, 200, 200]
    assert (wrong_token.status, "read-only" in wrong_token.body) == (503, True)
    assert {path: page.status for path, page in pages.items() if page.status != 200} == {}
    assert "It was saved." in pages["/admin/"].body
    assert [answer.status for answer in audited] == [503, 503]
    assert all("The database takes no changes now" in answer.body for answer in audited)
    assert (login.status, int(login.headers["retry-after"]) > 0) == (503, True)
    assert "The database takes no changes now" in login.body
    assert login.headers["content-security-policy"] == settings.CONTENT_SECURITY_POLICY
    assert "Traceback" not in web.log.read_text()


def pages_to_read(data: Data) -> list[str]:
    """Return the addresses of a page of each kind that staff read."""
    lists = [list_url(model) for model in (Deal, Lead, Event, Source, User)]
    rows = [page_url(row) for row in (data.deal, data.event, data.source)]
    return [
        "/admin/",
        *lists,
        *rows,
        "/admin/events/event/failed/",
        "/admin/events/event/drift/",
        "/api/v1/docs/",
    ]


def audited_addresses(data: Data) -> list[str]:
    """Return the addresses of what is sent only once its entry in the audit log is written."""
    return [f"{list_url(Deal)}export/?format=csv", page_url(data.event).replace("change", "raw")]


def log_in(web: WebServer) -> Answer:
    """Log in as a browser does; return the answer to the form."""
    page = ask(web, reverse("admin:login"))
    token = page.headers["set-cookie"].split("csrftoken=")[1].split(";")[0]
    form = urlencode({"username": "ann", "password": PASSWORD, "csrfmiddlewaretoken": token}).encode()
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(web, reverse("admin:login"), "POST", form, Cookie=f"csrftoken={token}", **content_type)


@pytest.mark.prove
def test_a_worker_on_a_standby_waits_and_fails_no_event(tmp_path: Path) -> None:
    event = store_delivery(BODY)
    with (
        run_in_standby(tmp_path) as standby,
        run_celery(tmp_path, os.environ | {"DATABASE_URL": standby}) as logs,
    ):
        wait_until(lambda: "database_away" in logs["worker"].read_text(), 30)
        time.sleep(5)
        text = logs["worker"].read_text()
        assert read_status(standby, event) == (Event.Status.PENDING, 0)
        promote(standby)
        wait_until(lambda: read_status(standby, event) == (Event.Status.APPLIED, 1), 30)
        assert read_status(standby, event) == (Event.Status.APPLIED, 1)
        verified = run_command("verify_mirror", standby)
    assert verified.returncode == 0, verified.stdout
    assert text.count("database_away") == 1
    assert "Traceback" not in text


def read_status(url: str, event: Event) -> tuple[str, int]:
    """Return the status of the event and how often it was tried."""
    statement = "SELECT status, attempts FROM events_event WHERE id = %s"
    with psycopg.connect(url) as database:
        status, attempts = database.execute(statement, [event.pk]).fetchone() or ("", -1)
    return status, attempts


def run_command(name: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py on the database at that URL."""
    return subprocess.run(
        [sys.executable, "manage.py", name],
        env=os.environ | {"DATABASE_URL": url},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_command_that_needs_changes_says_that_the_database_is_read_only(tmp_path: Path) -> None:
    with run_read_only(tmp_path) as url:
        result = run_command("apply_events", url)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1), result.stderr
    assert "read-only" in result.stderr

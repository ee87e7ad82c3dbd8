"""Readers of a web server that runs: their requests, locks that they wait for, and what they must be told."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from statistics import quantiles
from threading import Event

import psycopg
from django.conf import settings
from django.db import connection
from django.db.models import Model

from events.models import Source
from tests.support.ports import HOST
from tests.support.vendor_requests import BODY, delivery_path
from tests.support.web_server import WebServer


@dataclass(frozen=True)
class Answer:
    """The answer of the server, and the seconds until it came."""

    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float

    @property
    def body(self) -> str:
        return self.content.decode()

    def is_problem(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/problem+json")


def ask(web: WebServer, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Send one request on a connection of its own. headers: with _ for -."""
    started = time.monotonic()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(HTTPConnection(HOST, web.port, timeout=60)) as http:
        http.request(method, path, body, names)
        response = http.getresponse()
        content = response.read()
    lower = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, lower, content, time.monotonic() - started)


def deliver(web: WebServer, source: Source, number: int) -> Answer:
    """Deliver an event of its own to a source without a signature."""
    return ask(web, delivery_path(source), "POST", BODY.replace(b"ld_1", b"ld_%d" % number))


def deliver_steadily(web: WebServer, source: Source, count: int, rate: float) -> list[Answer]:
    """Deliver so many events, `rate` a second, or as fast as answers come if that is slower."""
    begun = time.monotonic()
    answers = []
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        answers.append(deliver(web, source, number))
    return answers


def percentile(answers: list[Answer], number: int) -> float:
    """Return the seconds within which so many per cent of the answers came."""
    return quantiles((answer.seconds for answer in answers), n=100)[number - 1]


@contextmanager
def reading(count: int, send: Callable[[int], Answer], pause: float = 0.0) -> Iterator[list[Answer]]:
    """Let so many readers send requests while the context lasts; yield the answers, as they come.

    send: sends the request of the reader with this number. pause: seconds between an answer and the next one.
    """
    answers: list[Answer] = []
    is_over = Event()

    def read(number: int) -> None:
        while not is_over.wait(pause):
            answers.append(send(number))

    with ThreadPoolExecutor(count) as pool:
        readers = [pool.submit(read, number) for number in range(count)]
        try:
            yield answers
        finally:
            is_over.set()
            for reader in readers:
                reader.result()


@contextmanager
def locked(model: type[Model]) -> Iterator[None]:
    """Hold the lock that a schema change takes: nobody can read the table."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(f"LOCK TABLE {model._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def wait_for_sessions(count: int, condition: str) -> None:
    """Wait until so many sessions of this database meet a condition on pg_stat_activity."""
    statement = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {condition}"  # noqa: S608
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(statement)
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.02)
    raise AssertionError(f"fewer than {count} sessions with {condition}")


def wait_for_waiting_sessions(count: int) -> None:
    """Wait until so many sessions wait for a lock."""
    wait_for_sessions(count, "wait_event_type = 'Lock'")


def assert_busy(answer: Answer, status: HTTPStatus, word: str) -> None:
    """Assert that this is a problem of the API that says when to try again, and why with this word."""
    assert (answer.status, answer.is_problem()) == (status, True), answer
    assert int(answer.headers["retry-after"]) > 0
    problem = json.loads(answer.body)
    assert set(problem) == {"type", "title", "status", "detail"}
    assert (problem["status"], problem["title"]) == (status, status.phrase)
    assert word in problem["detail"]


def assert_busy_page(answer: Answer, status: HTTPStatus, heading: str) -> None:
    """Assert that this is a page of the admin that says when to try again, under the usual policy."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("text/html")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-security-policy"] == settings.CONTENT_SECURITY_POLICY
    assert f"<h1>{heading}</h1>" in answer.body
    assert f"again in {answer.headers['retry-after']} seconds" in answer.body
    assert "crmmirror/admin.css" in answer.body
    assert "style=" not in answer.body
    assert "<style" not in answer.body

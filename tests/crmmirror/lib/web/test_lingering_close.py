"""Answers that come before a body is read: they reach the sender, and nginx takes no process for dead."""

import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from uuid import uuid4

import pytest

from crmmirror.lib.web.lingering_close import MAX_DRAINED_BYTES
from tests.support.faults.steady_sender import SteadySender
from tests.support.nginx import Nginx, run_nginx
from tests.support.ports import HOST, free_port
from tests.support.run_summary import EXTRA_LINES
from tests.support.vendor_requests import BODY, UNKNOWN_ADDRESS, delivery_path, new_source
from tests.support.web_server import WebServer, read_answer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

ATTACKS_PER_SECOND = 10
DELIVERIES_PER_SECOND = 20
LARGE_BODY = b"x" * 1_000_000
# Bodies that reach two processes at once.
BURST = 200
# More than the threads of the web server.
STALLED_SENDERS = 600


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    """Run an nginx with its defaults in front of two web servers."""
    with ExitStack() as stack:
        directories = [tmp_path / name for name in ("first", "second", "nginx")]
        for directory in directories:
            directory.mkdir()
        servers = [stack.enter_context(run_web_server(directory)) for directory in directories[:2]]
        yield stack.enter_context(run_nginx(directories[2], servers))


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    """Run one web server for all tests of the module."""
    with run_web_server(tmp_path_factory.mktemp("web")) as server:
        yield server


def announce(path: str, size: int, *headers: str) -> bytes:
    """Return the head of a POST."""
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {size}", *headers, "", ""]
    ).encode()


def send_repeatedly(sock: socket.socket, part: bytes, times: int) -> None:
    for _ in range(times):
        sock.sendall(part)


def post(nginx: Nginx, path: str) -> int | str:
    """Post a large body that no source takes; return the status, or the error's name."""
    connection = HTTPConnection(HOST, nginx.port, timeout=20)
    try:
        connection.request("POST", path, LARGE_BODY)
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


@contextmanager
def attack(nginx: Nginx) -> Iterator[Counter[int | str]]:
    """Post large bodies to addresses that are no source's while the context lasts; yield the answers."""
    answers: Counter[int | str] = Counter()
    paths = itertools.cycle(["/webhooks/nobody/", "/healthz", f"/webhooks/{uuid4()}/", "/admin/login/"])
    is_over = threading.Event()
    with ThreadPoolExecutor(ATTACKS_PER_SECOND) as pool:

        def post_all() -> None:
            while not is_over.wait(1 / ATTACKS_PER_SECOND):
                pool.submit(lambda: answers.update([post(nginx, next(paths))]))

        thread = threading.Thread(target=post_all)
        thread.start()
        try:
            yield answers
        finally:
            is_over.set()
            thread.join()


def burst(nginx: Nginx) -> list[int]:
    """Let nginx have almost all of many large bodies, and send the last bytes at once; return the answers.

    nginx passes a body on when it is complete, so that all of them reach the web servers together.
    """
    with ExitStack() as stack:
        senders = [
            stack.enter_context(socket.create_connection((HOST, nginx.port), timeout=20))
            for _ in range(BURST)
        ]
        for sock in senders:
            sock.sendall(announce(UNKNOWN_ADDRESS, len(LARGE_BODY), "Connection: close") + LARGE_BODY[:-1])
        for sock in senders:
            sock.sendall(LARGE_BODY[-1:])
        return [read_answer(sock)[0] for sock in senders]


def deliver_beside_attack(nginx: Nginx, seconds: int) -> Counter[int]:
    """Deliver at a steady rate during an attack; return how often each status was answered."""
    source, secret = new_source()
    sender = SteadySender(nginx.port, delivery_path(source), secret, seconds * DELIVERIES_PER_SECOND + 100)
    with attack(nginx) as answers, sender.delivering(DELIVERIES_PER_SECOND):
        time.sleep(seconds)
    statuses = Counter(delivery.status for delivery in sender.deliveries)
    EXTRA_LINES.append(
        f"large bodies of strangers through nginx: {answers.total()} posted in {seconds} s,"
        f" answered {dict(answers)}; beside them {statuses.total()} deliveries, answered {dict(statuses)}"
    )
    assert set(answers) <= {403, 404, 405}
    return statuses


def test_large_bodies_of_strangers_take_no_process_out_of_nginx(nginx: Nginx) -> None:
    assert set(deliver_beside_attack(nginx, seconds=4)) == {202}


def test_bursts_of_large_bodies_take_no_process_out_of_nginx(nginx: Nginx) -> None:
    source, secret = new_source()
    sender = SteadySender(nginx.port, delivery_path(source), secret, 1000)
    with sender.delivering(DELIVERIES_PER_SECOND):
        answers = Counter(status for _ in range(3) for status in burst(nginx))
    assert answers == {404: 3 * BURST}
    assert {delivery.status for delivery in sender.deliveries} == {202}


@pytest.mark.prove
def test_600_deliveries_beside_30_seconds_of_large_bodies_are_all_accepted(nginx: Nginx) -> None:
    statuses = deliver_beside_attack(nginx, seconds=30)
    assert set(statuses) == {202}
    assert statuses.total() >= 600


@pytest.mark.parametrize("path", [UNKNOWN_ADDRESS, "/healthz"])
def test_the_answer_comes_first_and_the_rest_of_the_body_is_taken(web: WebServer, path: str) -> None:
    with socket.create_connection((HOST, web.port), timeout=5) as sock:
        sock.sendall(announce(path, 3 * len(LARGE_BODY)) + LARGE_BODY)
        assert read_answer(sock)[0] in (404, 405)
        sock.sendall(LARGE_BODY)
        time.sleep(0.2)
        sock.sendall(LARGE_BODY)
        # The connection is whole: the next request on it is answered.
        sock.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert read_answer(sock)[0] == 200


def test_a_body_over_the_limit_of_its_source_is_refused_and_taken(web: WebServer) -> None:
    source, _ = new_source("none")
    with socket.create_connection((HOST, web.port), timeout=5) as sock:
        sock.sendall(announce(delivery_path(source), 3 * len(LARGE_BODY)) + 3 * LARGE_BODY)
        assert read_answer(sock)[0] == 413


def test_an_endless_body_is_closed_after_its_answer(web: WebServer) -> None:
    with socket.create_connection((HOST, web.port), timeout=5) as sock:
        sock.sendall(announce(UNKNOWN_ADDRESS, 2 * MAX_DRAINED_BYTES))
        assert read_answer(sock)[0] == 404
        with pytest.raises(ConnectionError):
            send_repeatedly(sock, LARGE_BODY, 2 * MAX_DRAINED_BYTES // len(LARGE_BODY))


def test_a_sender_that_waits_for_leave_to_send_is_not_waited_for(web: WebServer) -> None:
    request = announce(UNKNOWN_ADDRESS, 10, "Expect: 100-continue", "Connection: close")
    assert web.exchange(request)[0] == 404


def test_stalled_bodies_that_nobody_reads_do_not_block_deliveries(web: WebServer) -> None:
    source, _ = new_source("none")
    with ExitStack() as stack:
        for number in range(STALLED_SENDERS):
            sock = stack.enter_context(
                socket.create_connection(
                    (HOST, web.port), source_address=(f"127.0.{number // 200}.{number % 200 + 2}", 0)
                )
            )
            sock.sendall(announce(UNKNOWN_ADDRESS, 10) + b"x")
        head = announce(delivery_path(source), len(BODY), "Connection: close")
        assert web.exchange(head + BODY)[0] == 202


def test_nginx_passes_on_that_the_database_is_away(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with ExitStack() as stack:
        web = stack.enter_context(run_web_server(tmp_path, {"DATABASE_URL": nowhere}))
        nginx = stack.enter_context(run_nginx(tmp_path, [web]))
        for _ in range(10):
            with closing(HTTPConnection(HOST, nginx.port, timeout=20)) as connection:
                connection.request("POST", f"/webhooks/{uuid4()}/", LARGE_BODY)
                response = connection.getresponse()
                assert (response.status, response.getheader("Retry-After") is not None) == (503, True)

"""Slow bodies do not keep the web server from serving others."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from events.models import Event, Source
from tests.support.ports import HOST
from tests.support.vendor_requests import BODY, build_head
from tests.support.web_server import WebServer, read_answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("wait_for_idle_sessions")]

DELIVERY_CONNECTIONS = 8
SLOTS_PER_CLIENT = 64


def test_a_slow_body_is_accepted(web: WebServer, open_source: Source) -> None:
    parts = [BODY[start : start + 20] for start in range(0, len(BODY), 20)]
    status, _ = web.exchange(build_head(open_source, f"Content-Length: {len(BODY)}"), *parts, pause=0.2)
    assert status == 202
    assert [bytes(body) for body in Event.objects.values_list("body", flat=True)] == [BODY]


def test_slow_bodies_do_not_exhaust_the_database_connections(web: WebServer, open_source: Source) -> None:
    begun = build_head(open_source, f"Content-Length: {len(BODY)}") + BODY[:1]
    slow = [socket.create_connection((HOST, web.port)) for _ in range(DELIVERY_CONNECTIONS + 8)]
    try:
        for sock in slow:
            sock.sendall(begun)
        time.sleep(0.5)
        started = time.monotonic()
        with probes(web):
            assert web.exchange(build_head(open_source, f"Content-Length: {len(BODY)}") + BODY)[0] == 202
        assert time.monotonic() - started < 2
    finally:
        for sock in slow:
            sock.close()


@contextmanager
def probes(web: WebServer) -> Iterator[None]:
    """Ask for the health address ten times a second, as a load balancer does more slowly.

    Granian starts a thread for a request that finds none idle, and may count one as idle that has just taken
    a request. The next request that arrives starts the thread that is missing.
    """
    request = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    stopped = threading.Event()

    def probe() -> None:
        with ExitStack() as stack:
            while not stopped.wait(0.1):
                stack.enter_context(socket.create_connection((HOST, web.port))).sendall(request)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(probe)
        try:
            yield
        finally:
            stopped.set()
            future.result()


@contextmanager
def slow_senders(web: WebServer, begun: bytes, rest: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Open `count` connections, from another address, that begin a request; let all end it at the exit.

    A request that is still served after the test would meet the tables' cleaning (deadlock).
    """
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((HOST, web.port), source_address=("127.0.0.2", 0)))
            for _ in range(count)
        ]
        for sock in slow:
            sock.sendall(begun)
        yield slow
        answered = find_answered(slow)
        for sock in slow:
            if sock not in answered:
                sock.sendall(rest)
        await_answers(slow, count)


def await_answers(senders: list[socket.socket], count: int) -> list[socket.socket]:
    """Wait until `count` senders are answered; return those that are."""
    deadline = time.monotonic() + 120
    while len(answered := find_answered(senders)) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return answered


def find_answered(senders: list[socket.socket]) -> list[socket.socket]:
    """Return the senders that have something to read. poll: select knows no more than 1,024 files."""
    answers = select.poll()
    for sock in senders:
        answers.register(sock, select.POLLIN)
    ready = {number for number, _ in answers.poll(0)}
    return [sock for sock in senders if sock.fileno() in ready]


def test_slow_bodies_from_one_address_do_not_block_other_addresses(
    web: WebServer, open_source: Source
) -> None:
    announced = build_head(open_source, f"Content-Length: {len(BODY)}")
    # The process knows the source from now on: on a slow machine, 200 that ask the database for it at once
    # may wait for a connection for longer than the circuit breaker bears.
    assert web.exchange(announced + BODY.replace(b"ld_1", b"ld_2"))[0] == 202
    # Without the probes the last request may be one for which no thread is started, until another arrives.
    with slow_senders(web, announced + BODY[:1], BODY[1:], 200) as slow, probes(web):
        answered = await_answers(slow, 200 - SLOTS_PER_CLIENT)
        # The others too, if this machine has become so slow that their bodies have taken too long.
        assert len(answered) >= 200 - SLOTS_PER_CLIENT
        assert read_answer(answered[0])[0] == 503
        status, answer = web.exchange(announced + BODY)
        assert status == 202, (answer, web.log.read_text())


def test_slow_posts_to_pages_do_not_block_deliveries(web: WebServer, open_source: Source) -> None:
    login = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: csrftoken={'a' * 32}\r\n"
    form = f"{login}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nx"
    with slow_senders(web, form.encode(), b"=1234567", 600):
        assert web.exchange(build_head(open_source, f"Content-Length: {len(BODY)}") + BODY)[0] == 202

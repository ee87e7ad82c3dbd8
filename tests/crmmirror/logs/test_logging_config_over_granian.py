"""Strangers cannot fill the disk with the log: what they send leaves a bounded number of bounded lines."""

import contextlib
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import run_summary
from tests.support.log_writers import LOG_WRITERS, LogWriter, request
from tests.support.ports import HOST, free_port
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

MAX_LOG_BYTES = 100_000
# What the server itself writes as it starts and stops.
MAX_OWN_BYTES = 3_000
MAX_LINE_BYTES = 500


def send(web: WebServer, content: bytes, *, hang_up: bool = False) -> bytes:
    """Send bytes on a connection of their own, and return the beginning of the answer.

    hang_up: end the sending side, which the server takes for the end of the connection.
    """
    with socket.create_connection((HOST, web.port), timeout=10) as sock, contextlib.suppress(OSError):
        sock.sendall(content)
        if hang_up:
            sock.shutdown(socket.SHUT_WR)
        return sock.recv(100)
    return b""


def reset(web: WebServer, content: bytes) -> None:
    """Send bytes and break the connection, so that the server cannot answer."""
    with socket.create_connection((HOST, web.port), timeout=10) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        with contextlib.suppress(OSError):
            sock.sendall(content)


def send_all(web: WebServer, times: int) -> int:
    """Send each of LOG_WRITERS so many times, one in ten of them with a connection that breaks."""
    jobs = [(writer, number) for writer in LOG_WRITERS for number in range(times)]
    random.Random(0).shuffle(jobs)

    def send_one(job: tuple[LogWriter, int]) -> None:
        writer, number = job
        if number % 10 == 9:
            reset(web, writer.make(number))
        else:
            send(web, writer.make(number), hang_up=writer.is_cut)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send_one, jobs))
    return len(jobs)


def assert_bounded(web: WebServer, max_bytes: int) -> None:
    log = web.log.read_text(errors="replace")
    assert len(log) < max_bytes, f"{len(log):,} bytes: {log[:3000]}"
    assert "Traceback" not in log
    assert max(map(len, log.splitlines())) < MAX_LINE_BYTES
    assert not [line for line in log.splitlines() if line.startswith("forged")]


def test_a_wrong_host_leaves_one_bounded_line(tmp_path: Path) -> None:
    with run_web_server(tmp_path) as web:
        for number in range(200):
            send(web, request("GET", "/admin/", f"Host: evil{number}.example\r\n"))
    lines = [line for line in web.log.read_text().splitlines() if "evil" in line]
    assert len(lines) == 1, lines[:3]
    assert "evil0.example" in lines[0]
    assert_bounded(web, MAX_OWN_BYTES)


@pytest.mark.parametrize("away", [False, True], ids=["database", "no database"])
def test_whatever_strangers_send_leaves_a_bounded_log(away: bool, tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": f"postgresql://postgres@{HOST}:{free_port()}/mirror"} if away else {}
    with run_web_server(tmp_path, nowhere) as web:
        send_all(web, 3 if away else 15)
        assert send(web, request("GET", "/healthz")).startswith(b"HTTP/1.1 200")
    assert_bounded(web, 12_000)


@pytest.mark.prove
def test_ten_thousand_requests_of_strangers_leave_less_than_100_kb_of_log(tmp_path: Path) -> None:
    with run_web_server(tmp_path) as web:
        count = send_all(web, 10_000 // len(LOG_WRITERS) + 1)
        assert send(web, request("GET", "/healthz")).startswith(b"HTTP/1.1 200")
    assert_bounded(web, MAX_LOG_BYTES)
    size = len(web.log.read_bytes())
    run_summary.EXTRA_LINES.append(f"strangers: {count:,} requests left {size:,} bytes of log")

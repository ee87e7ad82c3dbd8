"""A real Granian that serves the mirror on the tests' database, and raw sockets to talk to it."""

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from tests.support.paths import PROJECT

HOST = "127.0.0.1"
# What the server still writes by itself while a test's tables are emptied gives way to that, and is
# written later: of two that wait for each other, the one that looks first ends.
YIELDS = "options=-c%20deadlock_timeout%3D20ms"


@dataclass(frozen=True)
class WebServer:
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def exchange(self, *parts: bytes, pause: float = 0.0, hang_up: bool = False) -> tuple[int, bytes]:
        """The status and the body of the answer to what is sent, part by part; closes the sending
        side after it where `hang_up`."""
        with socket.create_connection((HOST, self.port), timeout=10) as sock:
            for part in parts:
                sock.sendall(part)
                time.sleep(pause)
            if hang_up:
                sock.shutdown(socket.SHUT_WR)
            return read_answer(sock)


@contextmanager
def serving(
    directory: Path,
    environment: Mapping[str, str] | None = None,
    application: str = "crmmirror.wsgi:application",
) -> Iterator[WebServer]:
    server = WebServer(free_port(), directory / "web.log")
    address = ("--host", HOST, "--port", str(server.port))
    program = process.Program(
        "web",
        (sys.executable, "-m", "granian", "--interface", "wsgi", *address, application),
        server.log,
        {"DATABASE_URL": database_url(YIELDS), **(environment or {})},
        PROJECT,
    )
    child = start_process(program)
    try:
        wait_until_ready(program, child, lambda: answers(server.port), lambda: None)
        yield server
    finally:
        stop_process(child, program.stop_signals)


def database_url(option: str = "") -> str:
    """The address of the database that the test at hand uses, with one more option."""
    url = urlsplit(os.environ["DATABASE_URL"])
    query = "&".join(filter(None, (url.query, option)))
    return url._replace(path="/" + connection.settings_dict["NAME"], query=query).geturl()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as sock:
        return sock.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def read_answer(sock: socket.socket) -> tuple[int, bytes]:
    """Of an HTTP/1.1 answer that ends with the connection."""
    received = b"".join(iter(lambda: sock.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body

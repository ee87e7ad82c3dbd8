"""A Granian that serves the mirror on the tests' database, and raw sockets to talk to it."""

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from tests.support.paths import PROJECT
from tests.support.ports import HOST, free_port

# The server may still write by itself while the test's tables are truncated, and the two may deadlock. The
# session that looks for a deadlock first is the one that PostgreSQL cancels: let that be the server's.
SHORT_DEADLOCK_TIMEOUT = "options=-c%20deadlock_timeout%3D20ms"

COUNT_BUSY_SESSIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@dataclass(frozen=True)
class WebServer:
    """A web server that runs, and the file of its output."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def exchange(self, *parts: bytes, pause: float = 0.0, hang_up: bool = False) -> tuple[int, bytes]:
        """Send a request part by part; return the status and the body of the answer.

        pause: seconds to wait after each part; hang_up: close the sending side after the last part.
        """
        with socket.create_connection((HOST, self.port), timeout=10) as sock:
            for part in parts:
                sock.sendall(part)
                time.sleep(pause)
            if hang_up:
                sock.shutdown(socket.SHUT_WR)
            return read_answer(sock)


@contextmanager
def run_web_server(
    directory: Path,
    environment: Mapping[str, str] | None = None,
    application: str = "crmmirror.wsgi:application",
    options: Sequence[str] = (),
) -> Iterator[WebServer]:
    """Run a web server until the context ends.

    environment: variables that differ from the tests' own. options: those of Granian.
    """
    server = WebServer(free_port(), directory / "web.log")
    address = ("--host", HOST, "--port", str(server.port))
    program = process.Program(
        "web",
        (sys.executable, "-m", "granian", "--interface", "wsgi", *address, *options, application),
        server.log,
        {"DATABASE_URL": database_url(SHORT_DEADLOCK_TIMEOUT), **(environment or {})},
        PROJECT,
    )
    child = start_process(program)
    try:
        wait_until_ready(program, child, lambda: accepts_connections(server.port), lambda: None)
        yield server
    finally:
        stop_process(child, program.stop_signals)


def database_url(option: str = "") -> str:
    """Return the URL of the current test's database, with one more option in its query."""
    url = urlsplit(os.environ["DATABASE_URL"])
    query = "&".join(filter(None, (url.query, option)))
    return url._replace(path="/" + connection.settings_dict["NAME"], query=query).geturl()


def accepts_connections(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def await_idle_sessions(seconds: float = 10) -> None:
    """Wait until nobody else uses the tests' database: a server may work on after its last answer.

    Idle twice, a moment apart, because a session is idle between two statements too.
    """
    deadline = time.monotonic() + seconds
    idle = 0
    with connection.cursor() as cursor:
        while idle < 2 and time.monotonic() < deadline:
            cursor.execute(COUNT_BUSY_SESSIONS)
            idle = 0 if cursor.fetchone()[0] else idle + 1
            time.sleep(0.02)


def read_answer(sock: socket.socket) -> tuple[int, bytes]:
    """Read one answer; return its status and body. The connection stays as it is."""
    response = HTTPResponse(sock)
    response.begin()
    return response.status, response.read()

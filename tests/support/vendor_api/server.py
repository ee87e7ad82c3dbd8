"""Serves the vendor's API over HTTP, in threads of this process.

It can be killed and started again on the same port: the records and the log stay, all connections break.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.vendor_api.api import ApiAnswer, ApiRequest, VendorApi
from tests.support.vendor_api.faults import Switches
from tests.support.vendor_api.records import VendorRecords
from tests.support.vendor_api.request_log import RequestLimit, RequestLog
from tests.support.vendor_api.webhook_sender import WebhookBodies, WebhookSender

HOST = "127.0.0.1"
LIMIT_REQUESTS, LIMIT_SECONDS = 60, 60.0
CHUNK_BYTES = 1024 * 1024


class VendorServer:
    """A vendor of one account: its records, its API, its webhooks. Use `run_vendor`."""

    def __init__(
        self,
        requests: int = LIMIT_REQUESTS,
        seconds: float = LIMIT_SECONDS,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        bodies: WebhookBodies | None = None,
    ) -> None:
        self.webhooks = WebhookSender(bodies)
        self.records = VendorRecords(self.webhooks.take)
        self.api = VendorApi(self.records, RequestLimit(requests, seconds, clock))
        self.api.on_subscribe = lambda subscription: setattr(self.webhooks, "subscription", subscription)
        self.port = port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The address before /v1 and /v2."""
        return f"http://{HOST}:{self.port}/api"

    @property
    def log(self) -> RequestLog:
        return self.api.log

    @property
    def switches(self) -> Switches:
        return self.api.switches

    def start(self) -> None:
        """Serve, on the port of before if there was one."""
        self._server = _Server((HOST, self.port), _Handler)
        self._server.api = self.api
        self.port = int(self._server.server_address[1])
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def kill(self) -> None:
        """Stop serving at once: also a request that is under way gets no answer."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut_connections()

    def stop(self) -> None:
        """Stop serving and sending."""
        self.api.faults.slow_answers_go_on.set()
        self.webhooks.stop()
        self.kill()


@contextmanager
def run_vendor(
    requests: int = LIMIT_REQUESTS,
    seconds: float = LIMIT_SECONDS,
    clock: Callable[[], float] = time.time,
    bodies: WebhookBodies | None = None,
) -> Iterator[VendorServer]:
    """Run a vendor without records until the context ends. The limit is `requests` within `seconds`."""
    vendor = VendorServer(requests, seconds, clock=clock, bodies=bodies)
    vendor.start()
    try:
        yield vendor
    finally:
        vendor.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: VendorApi

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients that hang up, and connections that are cut, are what it is for."""

    def cut_connections(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _respond(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        api = self.server.api
        answer = api.answer(
            ApiRequest(self.command, parts.path, query, self.headers.get("x-api-key", ""), body)
        )
        self._send_headers(answer, api.switches.clock_offset)
        if answer.waits:
            self.wfile.flush()
            api.faults.slow_answers_go_on.wait()
        if answer.hangs_up:
            self.close_connection = True
            return
        for start in range(0, len(answer.body), CHUNK_BYTES):
            self.wfile.write(answer.body[start : start + CHUNK_BYTES])

    def _send_headers(self, answer: ApiAnswer, clock_offset: float) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", formatdate(time.time() + clock_offset, usegmt=True))
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

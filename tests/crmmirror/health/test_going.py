"""A process that is going says so to balancers and to people, and serves on."""

import json
from pathlib import Path

import pytest

from tests.support.vendor_requests import delivery_path, new_source
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)


def get(web: WebServer, path: str) -> tuple[int, bytes]:
    return web.exchange(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())


def test_every_process_says_that_it_is_going_while_the_file_is_there_and_still_stores_deliveries(
    tmp_path: Path,
) -> None:
    path = delivery_path(new_source("none")[0])
    going_file = tmp_path / "going"
    with run_web_server(tmp_path, {"GOING_FILE": str(going_file)}, options=("--workers", "2")) as web:
        assert (get(web, "/healthz"), get(web, "/readyz")[0]) == ((200, b"ok\n"), 200)
        going_file.touch()
        for _ in range(20):  # Which of the two processes answers is by chance.
            assert get(web, "/healthz") == (503, b"going\n")
        status, body = get(web, "/readyz")
        process = json.loads(body)["checks"]["process"]
        assert (status, process["state"], "GOING_FILE" in process["do"]) == (503, "failed", True)
        delivery = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        assert web.exchange(delivery.encode())[0] == 202
        going_file.unlink()
        assert (get(web, "/healthz"), get(web, "/readyz")[0]) == ((200, b"ok\n"), 200)

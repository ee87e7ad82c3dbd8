"""The processor time of an accepted delivery: by process, and within a web process by room."""

import io
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import servers
from bench.endpoint.delivery_rate import format_request, make_signed_deliveries, post_in_process
from bench.profiles.process_kinds import read_processor_times
from bench.profiles.python_rooms import format_shares, measure_shares
from bench.report import Table

Delivery = tuple[bytes, dict[str, str]]
WARM_UP = 500
MICROSECONDS = 1_000_000
# A kind of process -> what its command line has.
KINDS = {"web, two processes": "granian", "database": "postgres", "broker": "valkey"}


def measure(state: Path) -> list[Table]:
    """Measure deliveries to two web processes by 16 connections, and then one after the other in this one."""
    path, deliveries = make_signed_deliveries(1)
    table = _measure_processes(state, path, deliveries)
    path, deliveries = make_signed_deliveries(2)
    return [table, _measure_rooms(path, deliveries)]


def _measure_processes(state: Path, path: str, deliveries: Sequence[Delivery]) -> Table:
    requests = [format_request(path, body, headers) for body, headers in deliveries]
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as port,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        post_in_process(pool, port, requests[:WARM_UP], "202")
        before = read_processor_times(KINDS)
        post_in_process(pool, port, requests[WARM_UP:], "202")
        spent = {kind: times - before[kind] for kind, times in read_processor_times(KINDS).items()}
    count = len(requests) - WARM_UP
    rows = [
        (kind, f"{times.user / count * MICROSECONDS:,.0f}", f"{times.system / count * MICROSECONDS:,.0f}")
        for kind, times in spent.items()
    ]
    return Table(
        "A delivery, by process",
        f"The processor time of an accepted delivery, in µs: {count:,} signed ones by 16 connections.",
        ("process", "user", "system"),
        rows,
    )


def _measure_rooms(path: str, deliveries: Sequence[Delivery]) -> Table:
    middle = (len(deliveries) + WARM_UP) // 2
    _deliver(path, deliveries[:WARM_UP])
    shares = measure_shares(partial(_deliver, path, deliveries[WARM_UP:middle]))
    began = time.process_time()
    _deliver(path, deliveries[middle:])
    seconds = (time.process_time() - began) / (len(deliveries) - middle)
    return Table(
        "A delivery, by room",
        "The processor time of one thread of Python that answers one delivery after the other, in µs. Each is"
        " a group commit of its own here, whereas under load some share one.",
        ("room", "µs", "share"),
        format_shares(shares, seconds * MICROSECONDS),
    )


def _deliver(path: str, deliveries: Sequence[Delivery]) -> None:
    """Post to the WSGI application in this process. Raises RuntimeError unless each is answered 202."""
    from crmmirror.wsgi import application

    statuses: list[str] = []
    for body, headers in deliveries:
        response: Any = application(
            _make_environ(path, body, headers), lambda status, _: statuses.append(status)
        )
        list(response)
        if hasattr(response, "close"):
            response.close()
    if len(statuses) != len(deliveries) or set(statuses) != {"202 Accepted"}:
        raise RuntimeError(f"the deliveries were answered with {set(statuses)}")


def _make_environ(path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": servers.HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": servers.HOST,
        "HTTP_HOST": servers.HOST,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }

"""What a broker that is dead or silent adds to the vendor's answer."""

import json
import os
import socket
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from bench import backlog, latency, servers
from bench.report import Result, most_added

DELIVERIES = 600
PER_SECOND = 100
WARM_UP_SECONDS = 6


def measure(state: Path, rounds: int) -> Result:
    figures: dict[str, list[float]] = {
        "a broker that answers": [],
        "a dead broker": [],
        "a silent broker": [],
    }
    with socket.create_server((servers.HOST, 0), backlog=128) as silent:
        dead = servers.free_port()
        brokers = (
            os.environ["BROKER_URL"],
            f"redis://{servers.HOST}:{dead}/0",
            f"redis://{servers.HOST}:{silent.getsockname()[1]}/0",
        )
        for _ in range(rounds):
            for name, figure in zip(figures, round_of(state, brokers), strict=True):
                figures[name].append(figure)
    return Result(
        "A broker that is away",
        f"The 99th percentile of {DELIVERIES} answers to deliveries at {PER_SECOND} a second, spread over"
        " three web servers at the same time: one whose broker answers, one that has nothing at its broker's"
        " address, and one whose broker takes connections and never says a word.",
        "ms",
        figures,
        mark=50,
        is_ceiling=True,
        summary=most_added,
    )


def round_of(state: Path, brokers: tuple[str, ...]) -> list[float]:
    """For each broker, the 99th percentile in milliseconds."""
    backlog.empty()
    path = latency.a_source()
    took: list[list[float]] = [[] for _ in brokers]
    with ExitStack() as stack:
        ports = [
            stack.enter_context(servers.web(state, "crmmirror.wsgi:application", BROKER_URL=url))
            for url in brokers
        ]
        connections = [HTTPConnection(servers.HOST, port, timeout=30) for port in ports]
        number = deliver(connections, path, 0, PER_SECOND * WARM_UP_SECONDS, [[] for _ in brokers])
        deliver(connections, path, number, len(brokers) * DELIVERIES, took)
        for connection in connections:
            connection.close()
    return [quantiles(seconds, n=100)[-1] * 1000 for seconds in took]


def deliver(
    connections: list[HTTPConnection], path: str, first: int, count: int, took: list[list[float]]
) -> int:
    """One delivery after another, to each in turn; the number of the next one."""
    started = time.monotonic()
    for place in range(count):
        time.sleep(max(0.0, started + place / PER_SECOND - time.monotonic()))
        took[place % len(took)].append(seconds_of(connections[place % len(took)], path, first + place))
    return first + count


def seconds_of(connection: HTTPConnection, path: str, number: int) -> float:
    payload = {"id": f"ld_{number}"}
    body = json.dumps({"event": "lead.created", "timestamp": "2026-01-01T00:00:00Z", "payload": payload})
    started = time.monotonic()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 202:
        raise RuntimeError(f"a delivery was answered {answer.status}")
    return time.monotonic() - started

"""Measures how much a broker that is down, or does not answer, delays the answer to a delivery."""

import os
import socket
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from bench import backlog, servers
from bench.endpoint.unsigned_deliveries import create_unsigned_source, deliver_lead
from bench.pacing import paced_range
from bench.report import Result, largest_increase

DELIVERIES = 600
DELIVERIES_PER_SECOND = 100
WARM_UP_SECONDS = 6


def measure(state: Path, rounds: int) -> Result:
    """Measure three web servers, each with a different broker, in each round."""
    figures: dict[str, list[float]] = {
        "a broker that answers": [],
        "a broker that is down": [],
        "a broker that does not answer": [],
    }
    with socket.create_server((servers.HOST, 0), backlog=128) as silent_server:
        brokers = (
            os.environ["BROKER_URL"],
            f"redis://{servers.HOST}:{servers.find_free_port()}/0",
            f"redis://{servers.HOST}:{silent_server.getsockname()[1]}/0",
        )
        for _ in range(rounds):
            for name, figure in zip(figures, measure_percentiles(state, brokers), strict=True):
                figures[name].append(figure)
    return Result(
        "A broker that is away",
        f"The 99th percentile of {DELIVERIES} answers to deliveries at {DELIVERIES_PER_SECOND} per second,"
        " spread over three web servers at the same time: the broker of the first answers, nothing listens at"
        " the address of the second one's broker, and the broker of the third accepts connections but never"
        " answers. The last line is the largest increase over the first.",
        "ms",
        figures,
        target=50,
        is_upper_limit=True,
        summary=largest_increase,
    )


def measure_percentiles(state: Path, brokers: tuple[str, ...]) -> list[float]:
    """Return the 99th percentile in milliseconds for a web server with each of the brokers."""
    backlog.empty_tables()
    path = create_unsigned_source()
    with ExitStack() as stack:
        ports = [
            stack.enter_context(servers.run_web(state, "crmmirror.wsgi:application", BROKER_URL=url))
            for url in brokers
        ]
        connections = [
            stack.enter_context(closing(HTTPConnection(servers.HOST, port, timeout=30))) for port in ports
        ]
        warm_up = DELIVERIES_PER_SECOND * WARM_UP_SECONDS
        deliver_in_turn(connections, path, range(warm_up))
        measured = range(warm_up, warm_up + len(brokers) * DELIVERIES)
        seconds_per_server = deliver_in_turn(connections, path, measured)
    return [quantiles(seconds, n=100)[-1] * 1000 for seconds in seconds_per_server]


def deliver_in_turn(connections: list[HTTPConnection], path: str, numbers: range) -> list[list[float]]:
    """Deliver a lead for each number, to each server in turn; return each server's answer times in s."""
    seconds: list[list[float]] = [[] for _ in connections]
    for position in paced_range(len(numbers), DELIVERIES_PER_SECOND):
        server = position % len(connections)
        seconds[server].append(deliver_lead(connections[server], path, f"ld_{numbers[position]}"))
    return seconds

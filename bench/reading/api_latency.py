"""Measures the time from the answer to a delivery (202) until the API serves the record, at a steady pace."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from bench import backlog, servers
from bench.endpoint.unsigned_deliveries import create_unsigned_source, deliver_lead
from bench.pacing import paced_range
from bench.reading.api_token import create_token
from bench.report import Result, first_median

EVENTS = 300
EVENTS_PER_SECOND = 20
POLL_SECONDS = 0.02
MAX_WAIT_SECONDS = 20
# The start of the worker must not count.
WARM_UP_SECONDS = 5


def measure(state: Path, rounds: int) -> Result:
    """Measure a percentile in each round."""
    figures = [measure_percentile(state) for _ in range(rounds)]
    return Result(
        "From the 202 to the API",
        f"The 95th percentile, over {EVENTS} deliveries at {EVENTS_PER_SECOND} per second, of the time from"
        " the end of the vendor's answer until the API serves the record; two workers.",
        "ms",
        {"the 95th percentile": figures},
        target=1000,
        is_upper_limit=True,
        summary=first_median,
    )


def measure_percentile(state: Path) -> float:
    """Return the 95th percentile of one round, in milliseconds."""
    backlog.empty_tables()
    with servers.run_web(state, "crmmirror.wsgi:application") as port, servers.run_worker(state, 2):
        token = create_token()
        path = create_unsigned_source()
        time.sleep(WARM_UP_SECONDS)
        with ThreadPoolExecutor(32) as pool:
            waits = [
                pool.submit(measure_seconds_until_served, port, path, token, number)
                for number in paced_range(EVENTS, EVENTS_PER_SECOND)
            ]
            return quantiles((wait.result() for wait in waits), n=20)[-1] * 1000


def measure_seconds_until_served(port: int, path: str, token: str, number: int) -> float:
    """Deliver one lead; return the seconds from the answer until the API serves it.

    Raises RuntimeError if the API does not serve it within MAX_WAIT_SECONDS.
    """
    lead = f"ld_{number}"
    with closing(connect(port)) as connection:
        deliver_lead(connection, path, lead)
    answered_at = time.monotonic()
    while time.monotonic() < answered_at + MAX_WAIT_SECONDS:
        if is_served(port, token, lead):
            return time.monotonic() - answered_at
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{lead} was not applied within {MAX_WAIT_SECONDS} seconds")


def is_served(port: int, token: str, lead: str) -> bool:
    """Return True if the API has the lead. Raises RuntimeError if it answers neither 200 nor 429."""
    path = f"/api/v1/leads/?external_id={lead}"
    with closing(connect(port)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Token {token}"})
        response = connection.getresponse()
        content = response.read()
    if response.status == 429:
        # So many ask at once that the mirror lets this one wait.
        return False
    if response.status != 200:
        raise RuntimeError(f"GET {path} was answered with {response.status}: {content[:200]!r}")
    return bool(json.loads(content)["results"])


def connect(port: int) -> HTTPConnection:
    return HTTPConnection(servers.HOST, port, timeout=MAX_WAIT_SECONDS)

"""Measures the time from the answer to a delivery (202) until the API serves the record, at a steady pace.

The side that measures must be cheap, or it would take the processor from what it measures: one connection
delivers, one other asks for the newest records, and each of its answers tells of all that are waited for.
"""

import json
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from threading import Thread

from bench import backlog, servers
from bench.endpoint.unsigned_deliveries import create_unsigned_source, deliver_lead
from bench.pacing import paced_range
from bench.reading.reader_token import create_token
from bench.report import Result, first_median

EVENTS = 1000
EVENTS_PER_SECOND = 50
# Of each round; its waits do not count.
WARM_UP_EVENTS = 100
POLL_SECONDS = 0.01
MAX_WAIT_SECONDS = 20
# The start of the worker must not count.
WORKER_START_SECONDS = 5
# Of a page of the API.
MIN_ROWS, MAX_ROWS = 20, 500


class Waits:
    """The waits of leads for the API: when each was answered, and when it was served first."""

    def __init__(self) -> None:
        self.answered_at: dict[str, float] = {}
        self.served_at: dict[str, float] = {}

    def count_open(self) -> int:
        """Return how many leads have been answered and not yet been served."""
        return len(self.answered_at) - len(self.served_at)

    def note_served(self, leads: list[str], now: float) -> None:
        """Note that the API has just served these leads."""
        for lead in leads:
            self.served_at.setdefault(lead, now)

    def list_seconds(self, leads: list[str]) -> list[float]:
        """Return the seconds that each of these leads waited, 0 if it was served before its answer."""
        return [max(0.0, self.served_at[lead] - self.answered_at[lead]) for lead in leads]


def measure(state: Path, rounds: int) -> Result:
    """Measure a percentile in each round."""
    figures = [measure_percentile(state) for _ in range(rounds)]
    return Result(
        "From the 202 to the API",
        f"The 95th percentile, over {EVENTS} deliveries at {EVENTS_PER_SECOND} per second, of the time from"
        " the end of the vendor's answer until the API has served the record; two workers. One connection"
        f" asks for the newest records, {POLL_SECONDS * 1000:.0f} ms after each answer, so that the figure"
        " contains up to that and the time of a request.",
        "ms",
        {"the 95th percentile": figures},
        target=100,
        is_upper_limit=True,
        summary=first_median,
    )


def measure_percentile(state: Path) -> float:
    """Return the 95th percentile of one round, in milliseconds."""
    backlog.empty_tables()
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as port,
        servers.run_worker(state, backlog.WORKERS),
    ):
        token = create_token()
        path = create_unsigned_source()
        time.sleep(WORKER_START_SECONDS)
        waits = Waits()
        leads = [f"ld_{number}" for number in range(WARM_UP_EVENTS + EVENTS)]
        deliveries = Thread(target=deliver, args=(port, path, leads, waits))
        deliveries.start()
        poll(port, token, len(leads), waits)
        deliveries.join()
    return quantiles(waits.list_seconds(leads[WARM_UP_EVENTS:]), n=20)[-1] * 1000


def deliver(port: int, path: str, leads: list[str], waits: Waits) -> None:
    """Deliver the leads at a steady pace over one connection; note when each was answered."""
    with closing(connect(port)) as connection:
        for number in paced_range(len(leads), EVENTS_PER_SECOND):
            deliver_lead(connection, path, leads[number])
            waits.answered_at[leads[number]] = time.monotonic()


def poll(port: int, token: str, count: int, waits: Waits) -> None:
    """Ask for the newest leads until so many have been served; note when each was.

    Raises RuntimeError if no further one is served for MAX_WAIT_SECONDS.
    """
    progress_at = time.monotonic()
    with closing(connect(port)) as connection:
        while (served := len(waits.served_at)) < count:
            rows = min(MAX_ROWS, MIN_ROWS + waits.count_open())
            found = read_newest(connection, token, rows)
            now = time.monotonic()
            waits.note_served(found, now)
            if len(waits.served_at) > served:
                progress_at = now
            elif now > progress_at + MAX_WAIT_SECONDS:
                raise RuntimeError(f"{served} of {count} leads were served, and then no further one")
            time.sleep(POLL_SECONDS)


def read_newest(connection: HTTPConnection, token: str, rows: int) -> list[str]:
    """Return the ids in the CRM of the newest leads. Raises RuntimeError for an answer other than 200."""
    path = f"/api/v1/leads/?fields=external_id&page_size={rows}"
    connection.request("GET", path, headers={"Authorization": f"Token {token}"})
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"GET {path} was answered with {response.status}: {content[:200]!r}")
    return [row["external_id"] for row in json.loads(content)["results"]]


def connect(port: int) -> HTTPConnection:
    return HTTPConnection(servers.HOST, port, timeout=MAX_WAIT_SECONDS)

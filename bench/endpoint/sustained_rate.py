"""Measures how many deliveries a second are both accepted and applied, while they keep coming."""

import time
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bench import backlog, servers
from bench.backlog import VendorBody
from bench.endpoint import load_client
from bench.endpoint.delivery_rate import format_request, post_expecting
from bench.report import Result

SECONDS = 60
# Of the bare view before the mirror's window, and as many after it.
BARE_SECONDS = 5
# More than the endpoint accepts of them while workers need the same cores. If they end before the window,
# the window is shorter: the rates count the seconds that were needed.
MAX_PER_SECOND = 3000
# The worker's start must not count. The first deliveries fill the caches of web and worker.
WORKER_START_SECONDS = 5
WARM_UP_DELIVERIES = 1000
MAX_TAIL_SECONDS = 600
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Window:
    """A window of deliveries: how many were accepted and applied in it, and when the last one was applied.

    accepted: the answers with 202. settled: of how many the outcome was there when the deliveries ended.
    seconds: of the deliveries. total_seconds: from the first delivery until the last one was applied.
    """

    accepted: int
    settled: int
    seconds: float
    total_seconds: float


def measure(state: Path, rounds: int) -> Result:
    """Measure the bare view, the mirror, and the bare view again, in each round."""
    bodies = backlog.generate_company_bodies(SECONDS * MAX_PER_SECOND + WARM_UP_DELIVERIES)
    figures: dict[str, list[float]] = {
        "accepted and applied": [],
        "a bare Django view": [],
        "accepted in the window": [],
        "applied in the window": [],
    }
    for _ in range(rounds):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            bare = measure_bare_view(state, pool, bodies)
            window = measure_window(state, pool, bodies)
            bare = (bare + measure_bare_view(state, pool, bodies)) / 2
        rates = (
            window.accepted / window.total_seconds,
            bare,
            window.accepted / window.seconds,
            window.settled / window.seconds,
        )
        for side, rate in zip(figures, rates, strict=True):
            figures[side].append(rate)
    return Result(
        "Accepted and applied, sustained",
        f"Signed deliveries (Standard Webhooks) of an invented company's events for {SECONDS} seconds, over"
        f" {load_client.CONNECTIONS} connections, as fast as they are answered, to a mirror without backlog."
        f" Web server, a worker of {backlog.WORKERS} processes, broker, database and sender share the"
        " machine. The rate is that of the accepted deliveries over the time from the first of them until the"
        " last one is applied, so that a backlog that grows in the window is paid for. Compared with the"
        f" answers of a Django without middleware or database to the same bodies, {BARE_SECONDS} seconds"
        " before the window and as many after it.",
        "per second",
        figures,
        target=0.35,
    )


def measure_bare_view(state: Path, pool: Executor, bodies: list[VendorBody]) -> float:
    """Return how many requests per second the bare Django answers."""
    requests = [format_request("/receive/", body, {}) for _, body in bodies]
    with servers.run_web(state, "bench.endpoint.bare_django:application") as port:
        count, seconds = pool.submit(post_expecting, port, requests, "204", BARE_SECONDS).result()
    return count / seconds


def measure_window(state: Path, pool: Executor, bodies: list[VendorBody]) -> Window:
    """Send deliveries for SECONDS to an empty mirror; wait until all are applied.

    Raises RuntimeError if one is not applied.
    """
    backlog.empty_tables()
    backlog.vacuum_analyze()
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as port,
        servers.run_worker(state, backlog.WORKERS),
    ):
        time.sleep(WORKER_START_SECONDS)
        requests = sign_requests(bodies)
        pool.submit(post_expecting, port, requests[:WARM_UP_DELIVERIES], "202").result()
        wait_until_applied()
        settled_before = count_settled()
        started_at = time.monotonic()
        window = pool.submit(post_expecting, port, requests[WARM_UP_DELIVERIES:], "202", SECONDS)
        accepted, seconds = window.result()
        settled = count_settled() - settled_before
        wait_until_applied()
        total_seconds = time.monotonic() - started_at
    if (applied := count_settled() - settled_before) != accepted:
        raise RuntimeError(f"{accepted} deliveries were accepted, and {applied} applied")
    return Window(accepted, settled, seconds, total_seconds)


def sign_requests(bodies: list[VendorBody]) -> list[bytes]:
    """Create a source of each vendor; return the requests that deliver the bodies, signed now."""
    from django.urls import reverse

    from events import signatures
    from events.sources.registry import create_source

    made = {name: create_source(name, name, "standard-webhooks") for name in dict(bodies)}
    paths = {name: reverse("webhooks:receive", args=[source.uuid]) for name, (source, _) in made.items()}
    return [format_request(paths[name], body, signatures.sign(*made[name], body)) for name, body in bodies]


def wait_until_applied() -> None:
    """Wait until no event is pending. Raises RuntimeError after MAX_TAIL_SECONDS."""
    from events.processing.drain import has_pending_events

    deadline = time.monotonic() + MAX_TAIL_SECONDS
    while has_pending_events():
        if time.monotonic() > deadline:
            raise RuntimeError(f"events were still pending after {MAX_TAIL_SECONDS} seconds")
        time.sleep(POLL_SECONDS)


def count_settled() -> int:
    """Return how many events were applied, or ignored as events of which the mirror keeps nothing."""
    from events.models import Event

    return Event.objects.filter(status__in=(Event.Status.APPLIED, Event.Status.IGNORED)).count()

"""Measures how many deliveries are accepted per second, compared with a minimal Django on the same server."""

from concurrent.futures import Executor, ProcessPoolExecutor
from math import inf
from multiprocessing import get_context
from pathlib import Path

from bench import servers
from bench.endpoint import load_client
from bench.report import Result

TURNS = 10
# One more turn comes before these as the warm-up.
REQUESTS_PER_TURN = 500
ENDPOINT, BARE = "the mirror's endpoint", "a bare Django view"


def measure(state: Path, rounds: int) -> Result:
    """Measure the mirror and the bare Django in each round."""
    figures: dict[str, list[float]] = {ENDPOINT: [], BARE: []}
    for number in range(rounds):
        for side, figure in zip(figures, measure_rates(state, number), strict=True):
            figures[side].append(figure)
    return Result(
        "Accepted deliveries",
        "Signed deliveries (Standard Webhooks) of different events, each stored durably before its 202."
        " Compared with a Django without middleware or database, whose view reads the body and answers 204."
        f" Same server, same options, same bodies, {load_client.CONNECTIONS} connections. The two take turns"
        f" of {REQUESTS_PER_TURN} deliveries, {TURNS} each per round, with new connections in each turn,"
        " so that neither changes in the machine's load nor the way in which connections are assigned to the"
        " server's processes favour one of them.",
        "per second",
        figures,
        target=0.45,
    )


def measure_rates(state: Path, round_number: int) -> tuple[float, float]:
    """Return how many requests per second the mirror and the bare Django answered in one round."""
    path, deliveries = make_signed_deliveries(round_number)
    mirror_requests = [format_request(path, body, headers) for body, headers in deliveries]
    bare_requests = [format_request("/receive/", body, {}) for body, _ in deliveries]
    mirror_seconds = bare_seconds = 0.0
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as mirror,
        servers.run_web(state, "bench.endpoint.bare_django:application") as bare,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        for turn in range(TURNS + 1):
            part = slice(turn * REQUESTS_PER_TURN, (turn + 1) * REQUESTS_PER_TURN)
            mirror_turn = post_in_process(pool, mirror, mirror_requests[part], "202")
            bare_turn = post_in_process(pool, bare, bare_requests[part], "204")
            if turn > 0:
                mirror_seconds += mirror_turn
                bare_seconds += bare_turn
    return TURNS * REQUESTS_PER_TURN / mirror_seconds, TURNS * REQUESTS_PER_TURN / bare_seconds


def make_signed_deliveries(round_number: int) -> tuple[str, list[tuple[bytes, dict[str, str]]]]:
    """Create a source; return its path, and bodies with the headers that its vendor would send."""
    from django.urls import reverse

    from entities.generator.event_generator import generate_stream
    from entities.vendors import get_vendor
    from events import signatures
    from events.sources.registry import create_source

    source, secret = create_source(f"bench-{round_number}", "heffl", "standard-webhooks")
    bodies = generate_stream(get_vendor("heffl"), (TURNS + 1) * REQUESTS_PER_TURN, round_number)
    path = reverse("webhooks:receive", args=[source.uuid])
    return path, [(body, signatures.sign(source, secret, body)) for body in bodies]


def post_in_process(pool: Executor, port: int, requests: list[bytes], status: str) -> float:
    """Post all requests in a process of its own; return the seconds that it took.

    Raises RuntimeError unless every answer has that status.
    """
    count, seconds = pool.submit(post_expecting, port, requests, status).result()
    if count != len(requests):
        raise RuntimeError(f"expected {len(requests)} answers, but counted {count}")
    return seconds


def post_expecting(port: int, requests: list[bytes], status: str, seconds: float = inf) -> tuple[int, float]:
    """Post requests, for so many seconds at most; return how many, and the seconds that it took.

    Raises RuntimeError unless every answer has that status.
    """
    counts = load_client.post(port, requests, seconds)
    taken, answers = counts.pop("seconds"), sum(counts.values())
    if counts.get(f"status {status}", 0) != answers:
        raise RuntimeError(f"expected answers with status {status} only, but counted {counts}")
    return int(answers), taken


def format_request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a POST as the bytes of HTTP/1.1."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {servers.HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

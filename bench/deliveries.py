"""Accepted deliveries a second, against a bare Django view on the same server."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench import client, servers
from bench.report import Result

TURNS = 10
# Of one turn: the warm-up is another.
REQUESTS = 500
ENDPOINT, BARE = "the mirror's endpoint", "a bare Django view"


def measure(state: Path, rounds: int) -> Result:
    figures: dict[str, list[float]] = {ENDPOINT: [], BARE: []}
    for number in range(rounds):
        for side, figure in zip(figures, round_of(state, number), strict=True):
            figures[side].append(figure)
    return Result(
        "Accepted deliveries",
        "Signed deliveries (Standard Webhooks) of different events, each stored durably before its 202;"
        " against a Django without middleware or database whose view reads the body and answers 204. Same"
        f" server, same options, same bodies, {client.CONNECTIONS} connections. The two take turns of"
        f" {REQUESTS} deliveries, {TURNS} each a round, with new connections each turn: neither the machine's"
        " moods nor how connections fall to the server's processes favour one.",
        "a second",
        figures,
        mark=0.25,
    )


def round_of(state: Path, number: int) -> tuple[float, float]:
    """What either side took in a second."""
    path, deliveries = signed(number)
    signed_ones = [request(path, body, headers) for body, headers in deliveries]
    bare_ones = [request("/receive/", body, {}) for body, _ in deliveries]
    seconds = [0.0, 0.0]
    with (
        servers.web(state, "crmmirror.wsgi:application") as mirror,
        servers.web(state, "bench.bare:application") as bare,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        for turn in range(TURNS + 1):
            part = slice(turn * REQUESTS, (turn + 1) * REQUESTS)
            took = (
                pool.submit(seconds_for, mirror, signed_ones[part], "202").result(),
                pool.submit(seconds_for, bare, bare_ones[part], "204").result(),
            )
            if turn:
                seconds = [sum(both) for both in zip(seconds, took, strict=True)]
    return TURNS * REQUESTS / seconds[0], TURNS * REQUESTS / seconds[1]


def signed(number: int) -> tuple[str, list[tuple[bytes, dict[str, str]]]]:
    """A new source's path, and bodies with the headers that its vendor would send."""
    from django.urls import reverse

    from entities.generator.event_generator import generate_stream
    from entities.vendors import get_vendor
    from events import signatures
    from events.sources.registry import create_source

    source, secret = create_source(f"bench-{number}", "heffl", "standard-webhooks")
    bodies = generate_stream(get_vendor("heffl"), (TURNS + 1) * REQUESTS, number)
    path = reverse("webhooks:receive", args=[source.uuid])
    return path, [(body, signatures.sign(source, secret, body)) for body in bodies]


def seconds_for(port: int, requests: list[bytes], status: str) -> float:
    """Raises RuntimeError unless every answer has that status."""
    counted = client.post(port, requests)
    if counted.get(f"status {status}") != len(requests):
        raise RuntimeError(f"answered {counted}, {len(requests)} times {status} was expected")
    return counted["seconds"]


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {servers.HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

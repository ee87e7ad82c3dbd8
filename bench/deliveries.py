"""Accepted deliveries a second, against a bare Django view on the same server."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench import client, servers
from bench.report import Result

REQUESTS = 3000
WARM_UP = 400


def measure(state: Path, rounds: int) -> Result:
    figures: dict[str, list[float]] = {"the mirror's endpoint": [], "a bare Django view": []}
    for number in range(rounds):
        path, requests = signed(number)
        figures["the mirror's endpoint"].append(
            rate(state, "crmmirror.wsgi:application", path, requests, "202")
        )
        unsigned: list[tuple[bytes, dict[str, str]]] = [(body, {}) for body, _ in requests]
        figures["a bare Django view"].append(
            rate(state, "bench.bare:application", "/receive/", unsigned, "204")
        )
    return Result(
        "Accepted deliveries",
        "Signed deliveries (Standard Webhooks) of different events, each stored durably before its 202, over"
        f" {client.CONNECTIONS} kept connections; against a Django without middleware or database whose view"
        " reads the body and answers 204. Same server, same options, same bodies.",
        "a second",
        figures,
        mark=0.25,
    )


def signed(number: int) -> tuple[str, list[tuple[bytes, dict[str, str]]]]:
    """A new source's path, and bodies with the headers that its vendor would send."""
    from django.urls import reverse

    from entities import generate, vendors
    from events import signatures, sources

    source, secret = sources.create(f"bench-{number}", "heffl", "standard-webhooks")
    bodies = generate.stream(vendors.get("heffl"), WARM_UP + REQUESTS, number)
    path = reverse("webhooks:receive", args=[source.uuid])
    return path, [(body, signatures.sign(source, secret, body)) for body in bodies]


def rate(
    state: Path, application: str, path: str, deliveries: list[tuple[bytes, dict[str, str]]], status: str
) -> float:
    requests = [request(path, body, headers) for body, headers in deliveries]
    with (
        servers.web(state, application) as port,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        pool.submit(client.post, port, requests[:WARM_UP]).result()
        counted = pool.submit(client.post, port, requests[WARM_UP:]).result()
    answered = counted.get(f"status {status}", 0)
    if answered != REQUESTS:
        raise RuntimeError(f"{application} answered {counted}, {REQUESTS} times {status} was expected")
    return answered / counted["seconds"]


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {servers.HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

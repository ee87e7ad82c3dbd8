"""From the vendor's 202 to the record in the API, at a steady pace."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from bench import backlog, servers
from bench.report import Result, only

EVENTS = 300
PER_SECOND = 20
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 20


def measure(state: Path, rounds: int) -> Result:
    figures = [round_of(state) for _ in range(rounds)]
    return Result(
        "From the 202 to the API",
        f"The 95th percentile, over {EVENTS} deliveries at {PER_SECOND} a second, of the time from the end of"
        " the vendor's answer to the record's being served by the API; two workers.",
        "ms",
        {"the 95th percentile": figures},
        mark=1000,
        is_ceiling=True,
        summary=only,
    )


def round_of(state: Path) -> float:
    backlog.empty()
    with servers.web(state, "crmmirror.wsgi:application") as port, servers.worker(state, 2):
        token = a_token()
        path = a_source()
        time.sleep(5)  # The worker's start is no part of the figure.
        with ThreadPoolExecutor(32) as pool:
            started = time.monotonic()
            waits = []
            for number in range(EVENTS):
                time.sleep(max(0.0, started + number / PER_SECOND - time.monotonic()))
                waits.append(pool.submit(seconds_until_seen, port, path, token, number))
            return quantiles((wait.result() for wait in waits), n=20)[-1] * 1000


def a_token() -> str:
    from django.contrib.auth import get_user_model

    from entities.models import ApiToken

    user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    _, text = ApiToken.issue(user, f"bench {time.time()}")
    return text


def a_source() -> str:
    """Its path: whoever knows it can deliver."""
    from django.urls import reverse

    from events.sources.registry import create_source

    source, _ = create_source("latency", "heffl", "none")
    return reverse("webhooks:receive", args=[source.uuid])


def seconds_until_seen(port: int, path: str, token: str, number: int) -> float:
    lead = f"ld_{number}"
    body = json.dumps({"event": "lead.created", "timestamp": "2026-01-01T00:00:00Z", "payload": {"id": lead}})
    ask(port, "POST", path, {"Content-Type": "application/json"}, body)
    answered = time.monotonic()
    while time.monotonic() < answered + PATIENCE_SECONDS:
        found = ask(port, "GET", f"/api/v1/leads/?external_id={lead}", {"Authorization": f"Token {token}"})
        if json.loads(found)["results"]:
            return time.monotonic() - answered
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{lead} was not applied in {PATIENCE_SECONDS} seconds")


def ask(port: int, method: str, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
    connection = HTTPConnection(servers.HOST, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status not in (200, 202):
        raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:200]!r}")
    return content

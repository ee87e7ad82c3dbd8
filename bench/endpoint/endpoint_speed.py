"""Measures how much speed each of the endpoint's optimisations gains, and prints the table of docs/speed.md.

`python -m bench.endpoint.endpoint_speed` runs it. Two servers take turns: the mirror as it is, and the mirror
without one optimisation (`bench.endpoint.without`).
"""

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from bench import servers
from bench.endpoint.delivery_rate import (
    REQUESTS_PER_TURN,
    TURNS,
    format_request,
    make_signed_deliveries,
    post_in_process,
)

ROUNDS = 3
HEADER = "| measure | without it, deliveries per second | gain | rounds |\n| --- | --- | --- | --- |\n"
MEASURES = (
    "source cache",
    "group commit",
    "prepared cursor",
    "borrowed connection",
    "WSGI application",
    "header look-up",
    "fast path",
    "URL cache",
    "secret cache",
    "poll in place of the pool's check",
)


def main(names: list[str]) -> None:
    """Compare the named optimisations, or all of them; print the table."""
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            sys.stdout.write(HEADER)
            for number, name in enumerate(names or MEASURES):
                gains = [compare(state, name, 10 * number + round_number) for round_number in range(ROUNDS)]
                ratios = [with_it / without - 1 for with_it, without in gains]
                listed = ", ".join(f"{ratio:+.0%}" for ratio in ratios)
                rate = median(without for _, without in gains)
                sys.stdout.write(f"| {name} | {rate:,.0f} | {median(ratios):+.0%} | {listed} |\n")
                sys.stdout.flush()


def compare(state: Path, measure: str, number: int) -> tuple[float, float]:
    """Return the accepted deliveries per second with an optimisation and without it, in one round."""
    path, deliveries = make_signed_deliveries(number)
    requests = [format_request(path, body, headers) for body, headers in deliveries]
    other_path, deliveries = make_signed_deliveries(number + 1000)
    other_requests = [format_request(other_path, body, headers) for body, headers in deliveries]
    seconds = [0.0, 0.0]
    with (
        servers.run_web(state, "crmmirror.wsgi:application") as with_it,
        servers.run_web(state, "bench.endpoint.without:application", WITHOUT=measure) as without,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        for turn in range(TURNS + 1):
            part = slice(turn * REQUESTS_PER_TURN, (turn + 1) * REQUESTS_PER_TURN)
            turns = (
                post_in_process(pool, with_it, requests[part], "202"),
                post_in_process(pool, without, other_requests[part], "202"),
            )
            if turn > 0:
                seconds = [total + one for total, one in zip(seconds, turns, strict=True)]
    return TURNS * REQUESTS_PER_TURN / seconds[0], TURNS * REQUESTS_PER_TURN / seconds[1]


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    main(sys.argv[1:])

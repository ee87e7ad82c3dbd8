"""Measures what the search keys cost: the same events are applied with and without them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from bench import backlog
from bench.applying.apply_rate import measure_rate
from bench.report import Result

# Kind of event -> how its backlog is stored.
EVENTS: dict[str, Callable[[int], None]] = {
    "an invented company's": backlog.store_company_events,
    "hostile": backlog.store_pending_events,
}


def measure(rounds: int) -> list[Result]:
    """Measure both ways, in turn, with each kind of event."""
    return [_measure_kind(kind, store, rounds) for kind, store in EVENTS.items()]


def _measure_kind(kind: str, store: Callable[[int], None], rounds: int) -> Result:
    from events.processing.drain import drain_backlog

    figures: dict[str, list[float]] = {"with search keys": [], "without": []}
    for _ in range(rounds):
        figures["with search keys"].append(measure_rate(drain_backlog, store))
        with no_search_keys():
            figures["without"].append(measure_rate(drain_backlog, store))
    return Result(
        f"Search keys, {kind} events",
        "The same events, applied to an empty mirror by one process, with the search keys of the records and"
        " without them.",
        "per second",
        figures,
        target=0.9,
    )


@contextmanager
def no_search_keys() -> Iterator[None]:
    """Apply events without writing search keys, for the block."""
    from entities.writing import apply

    with patch.object(apply, "write_search_documents"):
        yield

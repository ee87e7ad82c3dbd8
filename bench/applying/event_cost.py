"""Measures what applying an event costs on a mirror that is full, compared with one that is empty."""

import os
from pathlib import Path

from bench import backlog
from bench.acts import run_act, write_bodies
from bench.report import Result, first_median
from bench.whole_log.database_growth import measure_full_mirror

EVENTS = 1_000_000
FURTHER_EVENTS = 10_000
MICROSECONDS = 1_000_000
EMPTY_DATABASE = "empty"
FULL, EMPTY = "on the full mirror", "on an empty mirror"
MAX_MEMORY = 300


def measure(state: Path, rounds: int, events: int) -> list[Result]:
    """Fill a mirror with so many events; apply further ones to it and to an empty one, in each round.

    The bytes of the full mirror are counted, and at the end it is rebuilt once.
    """
    records, batches = fill_mirror(state, rounds, events)
    bytes_kept = measure_full_mirror()
    settings = create_empty_mirror()
    file = state / "further.json"
    figures: dict[str, list[float]] = {FULL: [], EMPTY: []}
    for batch in batches:
        write_bodies(file, batch)
        run_act("empty_tables", **settings)
        for side, side_settings in ((EMPTY, settings), (FULL, {})):
            run_act("store", str(file), **side_settings)
            timing = run_act("apply", **side_settings)
            figures[side].append(timing.seconds / len(batch) * MICROSECONDS)
    cost = Result(
        "The cost of an event on a full mirror",
        f"The next {FURTHER_EVENTS:,} events of an invented company, in the order of their times, applied by"
        f" one process to a mirror that has the company's {events:,} events before them and {records:,}"
        " records, and to an empty one in a second database of the same server. Other events in each round.",
        "µs an event",
        figures,
        target=1.2,
        is_upper_limit=True,
    )
    return [cost, bytes_kept, *measure_rebuild(events + sum(map(len, batches)), figures[FULL])]


def fill_mirror(state: Path, rounds: int, events: int) -> tuple[int, list[list[backlog.VendorBody]]]:
    """Fill the mirror; return how many records it has, and the further events of each round."""
    backlog.empty_tables()
    bodies = backlog.generate_company_bodies(events + rounds * FURTHER_EVENTS)
    backlog.store_shuffled(bodies[:events])
    batches = [bodies[start : start + FURTHER_EVENTS] for start in range(events, len(bodies), FURTHER_EVENTS)]
    del bodies
    backlog.drain_with_workers(state)
    return count_records(), batches[:rounds]


def count_records() -> int:
    """Return how many records there are, with placeholders."""
    from entities.models.introspection import record_models

    return sum(model._base_manager.count() for model in record_models())


def create_empty_mirror() -> dict[str, str]:
    """Create a second database with the mirror's tables; return the settings with which it is used."""
    from django.db import connection

    from crmmirror.lib.database.cursors import execute

    execute(f"DROP DATABASE IF EXISTS {EMPTY_DATABASE}")
    execute(f"CREATE DATABASE {EMPTY_DATABASE}")
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].replace(f"/{name}?", f"/{EMPTY_DATABASE}?")
    settings = {"DATABASE_URL": url}
    run_act("migrate", **settings)
    return settings


def measure_rebuild(events: int, costs: list[float]) -> list[Result]:
    """Rebuild the full mirror once. costs: of an event that one process applies to it, in µs."""
    timing = run_act("rebuild")
    rates = {
        "rebuild_mirror": [events / timing.seconds],
        "apply": [MICROSECONDS / cost for cost in costs],
    }
    return [
        Result(
            "Rebuild of a full mirror",
            f"`rebuild_mirror` of {events:,} events, once, with the comparison of all tables, which are"
            " equal. Compared with applying the further events above to this mirror by one process.",
            "per second",
            rates,
            target=1.5,
        ),
        Result(
            "Memory of a rebuild of a full mirror",
            "The peak of the resident memory of the process that did it.",
            "MiB",
            {"rebuild_mirror": [timing.peak]},
            target=MAX_MEMORY,
            is_upper_limit=True,
            summary=first_median,
        ),
    ]

"""Measures how many bytes the database grows for each event, and how many of them are search keys."""

from bench import backlog
from bench.applying.search_key_cost import no_search_keys
from bench.report import Result

EVENTS = 20_000
# Stored, applied and vacuumed before the next, as a mirror lives: what has died is used again.
PART_EVENTS = 1000
# Of all tables and their indexes; the log with its bodies is among them.
SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = %s::regnamespace
"""
BODIES = "SELECT avg(octet_length(body))::float FROM events_event"
MAX_RATIO = 4


def measure() -> list[Result]:
    """Measure once: the same events make the same rows."""
    from crmmirror.lib.database.cursors import fetch_value

    sizes = {"with search keys": _measure_growth()}
    body_size = float(fetch_value(BODIES))
    with no_search_keys():
        sizes["without"] = _measure_growth()
    bytes_kept = Result(
        "Bytes on disk",
        f"{EVENTS:,} events of an invented company, applied to an empty mirror: the size of all tables and"
        f" indexes, with the log, compared with that of the bodies. Each {PART_EVENTS:,} events are applied"
        " and vacuumed before the next come.",
        "bytes an event",
        {"all tables and indexes": [sizes["with search keys"]], "the body": [body_size]},
        target=MAX_RATIO,
        is_upper_limit=True,
    )
    search_keys = Result(
        "Growth of the database",
        f"{EVENTS:,} events of an invented company, whose bodies have {body_size:,.0f} bytes on average,"
        " applied to an empty mirror: the size of all tables and indexes, with the log, for each event.",
        "bytes an event",
        {side: [size] for side, size in sizes.items()},
        target=1.15,
        is_upper_limit=True,
    )
    return [bytes_kept, search_keys]


def measure_full_mirror() -> Result:
    """Measure the mirror as it is, with what the tables of an empty one have."""
    from crmmirror.lib.database.cursors import fetch_value
    from events.models import Event

    count = Event.objects.count()
    return Result(
        "Bytes on disk of a full mirror",
        f"{count:,} events of an invented company: the size of all tables and indexes, with the log, compared"
        " with that of the bodies.",
        "bytes an event",
        {
            "all tables and indexes": [float(fetch_value(SIZE, "public")) / count],
            "the body": [float(fetch_value(BODIES))],
        },
        target=MAX_RATIO,
        is_upper_limit=True,
    )


def _measure_growth() -> float:
    from crmmirror.lib.database.cursors import fetch_value
    from events.processing.drain import drain_backlog

    backlog.empty_tables()
    backlog.vacuum_analyze()
    before = fetch_value(SIZE, "public")
    bodies = backlog.shuffle(backlog.generate_company_bodies(EVENTS))
    for start in range(0, EVENTS, PART_EVENTS):
        backlog.store_bodies(bodies[start : start + PART_EVENTS])
        drain_backlog()
        backlog.vacuum_analyze()
    return float(fetch_value(SIZE, "public") - before) / EVENTS

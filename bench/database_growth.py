"""Measures how many bytes the database grows for each event, and how many of them are search keys."""

from bench import backlog
from bench.report import Result
from bench.search_keys import no_search_keys

EVENTS = 20_000
# Of all tables and their indexes; the log with its bodies is among them.
SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = %s::regnamespace
"""


def measure() -> Result:
    """Measure once: the same events make the same rows."""
    sizes = {"with search keys": _measure_growth()}
    with no_search_keys():
        sizes["without"] = _measure_growth()
    return Result(
        "Growth of the database",
        f"{EVENTS:,} events of an invented company, whose bodies have 260 bytes on average, applied to an"
        " empty mirror: the size of all tables and indexes, with the log, for each event.",
        "bytes an event",
        {side: [size] for side, size in sizes.items()},
        target=1.15,
        is_upper_limit=True,
    )


def _measure_growth() -> float:
    from crmmirror.lib.database.cursors import fetch_value
    from events.processing.drain import drain_backlog

    backlog.empty_tables()
    backlog.vacuum_analyze()
    before = fetch_value(SIZE, "public")
    backlog.store_company_events(EVENTS)
    drain_backlog()
    backlog.vacuum_analyze()
    return float(fetch_value(SIZE, "public") - before) / EVENTS

"""The tables of docs/scale.md, as Markdown, and their place in the page. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.scale.costs.event_costs import Cost, EventCosts
from bench.scale.costs.needs import RateNeeds, StoredNeeds
from bench.scale.meeting_events import BATCH_EVENTS
from bench.scale.scaling_study import MeasuredPoint, Prediction

MICROSECONDS = 1e6
KB, MB, GB = 1e3, 1e6, 1e9
# In the page each table comes after a comment with its name.
PLACE = "<!-- table: {name} -->"
FORMER_TABLE = re.compile(r"\A\n+(\|.*\n)*\n*")


def format_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def format_costs(costs: EventCosts) -> str:
    """Return what an event costs, step by step."""
    steps = {
        "delivered, 16 at a time": costs.delivered,
        f"applied, {BATCH_EVENTS:,} at a time": costs.applied,
        f"applied, {BATCH_EVENTS:,} right after a checkpoint": costs.after_checkpoint,
        "applied, 1 right after a checkpoint": costs.alone,
    }
    rows = [(name, *_format_cost(cost)) for name, cost in steps.items()]
    # Deliveries append: their sessions' counts of page images are not there at once.
    rows[0] = (*rows[0][:5], "", rows[0][6])
    heading = (
        "an event",
        "Python, µs",
        "its sessions at the database, µs",
        "the database's other processes, µs",
        "write-ahead log, bytes",
        "of it pages written whole",
        "transactions",
    )
    return format_table(heading, rows)


def format_folds(costs: EventCosts) -> str:
    """Return what an event costs a rebuild and a verification."""
    folds = {"`rebuild_mirror`": costs.rebuilt, "`verify_mirror`": costs.verified}
    rows = [
        (name, f"{fold.processor * MICROSECONDS:,.0f}", f"{fold.peak_memory:,.0f}")
        for name, fold in folds.items()
    ]
    return format_table(("", "processor, µs an event", "memory of the process, MiB"), rows)


def format_sizes(costs: EventCosts) -> str:
    """Return the bytes that are kept of an event, by table."""
    columns: tuple[Callable[..., float], ...] = (
        lambda table: table.rows_bytes,
        lambda table: table.index_bytes,
        lambda table: table.scattered_bytes,
    )
    tables = sorted(costs.tables, key=lambda table: -table.bytes)
    rows = [(table.name, *(f"{column(table) / costs.events:,.0f}" for column in columns)) for table in tables]
    sums = (sum(column(table) for table in tables) / costs.events for column in columns)
    rows.append(("all", *(f"{figure:,.0f}" for figure in sums)))
    rows.append(("the body as it came, for comparison", f"{costs.body_bytes:,.0f}", "", ""))
    return format_table(("bytes an event", "rows", "indexes", "of them written all over"), rows)


def format_stored(needs: Sequence[StoredNeeds]) -> str:
    """Return what numbers of events need that are kept."""
    rows = [
        (
            f"{need.events:,}",
            f"{need.disk_bytes / GB:,.0f}",
            f"{need.log_bytes / GB:,.0f}",
            f"{need.timeline_bytes / GB:,.0f}",
            f"{need.warm_bytes / GB:,.1f}",
            f"{need.rebuild_hours:,.1f}",
            f"{need.verify_hours:,.1f}",
        )
        for need in needs
    ]
    heading = (
        "events",
        "disk, GB",
        "of it the log",
        "of it the timeline",
        "memory for indexes written all over, GB",
        "`rebuild_mirror`, hours",
        "`verify_mirror`, hours",
    )
    return format_table(heading, rows)


def format_rates(needs: Sequence[RateNeeds]) -> str:
    """Return what events a second need."""
    rows = [
        (
            f"{need.rate:,.0f}",
            f"{need.cores:,.2f}",
            f"{need.web_cores:,.2f}",
            f"{need.worker_cores:,.2f}",
            f"{need.database_cores:,.2f}",
            " to ".join(f"{bytes / MB:,.1f}" for bytes in need.wal_bytes),
            f"{need.flushes:,.0f}",
            f"{need.changed_pages:,.0f}",
            f"{need.disk_bytes_a_day / GB:,.1f}",
            f"{need.days_to_freeze:,.1f}",
            f"{need.vacuum_share:,.2f}",
        )
        for need in needs
    ]
    heading = (
        "events a second",
        "cores",
        "web",
        "workers",
        "database",
        "write-ahead log, MB a second",
        "flushes a second",
        "changed pages a second, right after a checkpoint",
        "kept, GB a day",
        "days between reading all rows to freeze them",
        "autovacuum's time on the log",
    )
    return format_table(heading, rows)


def format_points(points: Sequence[MeasuredPoint]) -> str:
    """Return measured runs beside their simulations."""
    heading = (
        "events that meet",
        "workers",
        "cores free",
        "measured, a second",
        "simulated",
        "error",
        "waited for locks, measured",
        "simulated",
        "mostly for",
        "Python, µs an event",
        "database, µs an event",
    )
    return format_table(heading, map(_format_point, points))


def format_predictions(predictions: Sequence[Prediction]) -> str:
    """Return the simulated rates of many workers, and in brackets the part of their time that they wait."""
    workers = [run.workers for run in predictions[0].runs]
    rows = [
        (
            prediction.kind,
            *(f"{run.rate:,.0f} ({run.waited_share:.0%})" for run in prediction.runs),
        )
        for prediction in predictions
    ]
    return format_table(
        ("events that meet", *(f"{count} worker{'s' if count > 1 else ''}" for count in workers)), rows
    )


def format_claims(skip_seconds: float, batch_events: int) -> str:
    """Return what a claim costs for what it passes over."""
    figures = (f"{skip_seconds * MICROSECONDS:.2f}", f"{skip_seconds * batch_events * MICROSECONDS:,.0f}")
    return format_table(("a claim passes over", "µs"), zip(("an event", "a batch"), figures, strict=True))


def replace_tables(page: str, tables: Mapping[str, str]) -> str:
    """Return the page with these tables in place of those of their names.

    Raises KeyError if the page has no place for one.
    """
    for name, table in tables.items():
        before, place, after = page.partition(PLACE.format(name=name))
        if not place:
            raise KeyError(f"the page has no place for the table {name}")
        rest = FORMER_TABLE.sub("", after, count=1)
        page = f"{before}{place}\n\n{table}\n\n{rest}".rstrip("\n") + "\n"
    return page


def _format_cost(cost: Cost) -> tuple[str, ...]:
    return (
        f"{cost.python * MICROSECONDS:,.0f}",
        f"{cost.sessions * MICROSECONDS:,.0f}",
        f"{cost.background * MICROSECONDS:,.0f}",
        f"{cost.wal_bytes:,.0f}",
        f"{cost.page_images:,.2f}",
        f"{cost.transactions:,.2f}",
    )


def _format_point(point: MeasuredPoint) -> tuple[str, ...]:
    run, simulated = point.run, point.simulated
    by_table: Counter[str] = Counter()
    for wait in run.waits:
        by_table[wait.table or "a lock in a queue"] += wait.seconds  # type: ignore[assignment]
    return (
        point.kind,
        f"{run.workers}",
        f"{run.free_cores:.2f}",
        f"{run.rate:,.0f}",
        f"{simulated.rate:,.0f}",
        f"{simulated.rate / run.rate - 1:+.0%}",
        f"{run.waited_share:.0%}",
        f"{simulated.waited_share:.0%}",
        ", ".join(f"`{table}`" for table, _ in by_table.most_common(1)),
        f"{run.python * MICROSECONDS:,.0f}",
        f"{run.database * MICROSECONDS:,.0f}",
    )

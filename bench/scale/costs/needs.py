"""Computes what so many events, or so many a second, need, from what one event costs. Pure."""

from dataclasses import dataclass

from bench.scale.costs.event_costs import EventCosts

SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 24 * SECONDS_PER_HOUR
PAGE_BYTES = 8192
# The part of the cores that is planned for: the rest is for readers, peaks and the operating system.
PLANNED_SHARE = 0.5
# PostgreSQL's defaults (14 and newer): autovacuum pauses so long whenever it has done so much, a page that it
# reads counting so much and one that it changes so much.
VACUUM_LIMIT, VACUUM_PAUSE_SECONDS = 200, 0.002
READ_COST, CHANGE_COST = 2, 20
# Of the log and the timeline, by the migrations: the part of the rows that has to die before a vacuum.
VACUUM_SCALE_FACTOR = 0.01
# After so many transactions PostgreSQL reads a whole table, to freeze its rows (autovacuum_freeze_max_age).
FREEZE_AGE = 200_000_000


@dataclass(frozen=True)
class StoredNeeds:
    """The needs of so many events that are kept.

    warm_bytes: of the indexes that are written all over: where they do not fit into memory, each event waits
    for reads. rebuild_hours, verify_hours: of one process.
    """

    events: int
    disk_bytes: float
    log_bytes: float
    timeline_bytes: float
    warm_bytes: float
    rebuild_hours: float
    verify_hours: float


@dataclass(frozen=True)
class RateNeeds:
    """The needs of so many events a second. cores: all in all, at PLANNED_SHARE of their time.

    wal_bytes: a second, without pages that are written whole, and with those right after a checkpoint.
    flushes: of the write-ahead log, a second; fewer where transactions end together. changed_pages: a second,
        right after a checkpoint, which the next one writes to the tables and indexes.
    days_to_freeze: the days after which tables are read whole to freeze them.
    vacuum_share: the part of its time that autovacuum spends on the log, however large that is; above 1 it
        does not keep up with its defaults.
    """

    rate: float
    web_cores: float
    worker_cores: float
    database_cores: float
    wal_bytes: tuple[float, float]
    flushes: float
    changed_pages: float
    disk_bytes_a_day: float
    days_to_freeze: float
    vacuum_share: float

    @property
    def cores(self) -> float:
        return self.web_cores + self.worker_cores + self.database_cores


def compute_stored(costs: EventCosts, events: int) -> StoredNeeds:
    """Return what so many events need that are kept."""
    sizes = {table.name: table.bytes / costs.events for table in costs.tables}
    scattered = sum(table.scattered_bytes for table in costs.tables) / costs.events
    return StoredNeeds(
        events=events,
        disk_bytes=events * costs.bytes_kept,
        log_bytes=events * sizes["log"],
        timeline_bytes=events * sizes["timeline"],
        warm_bytes=events * scattered,
        rebuild_hours=events * costs.rebuilt.processor / SECONDS_PER_HOUR,
        verify_hours=events * costs.verified.processor / SECONDS_PER_HOUR,
    )


def compute_rate(costs: EventCosts, rate: float) -> RateNeeds:
    """Return what so many events a second need."""
    cores = rate / PLANNED_SHARE
    delivered, applied = costs.delivered, costs.applied
    transactions = delivered.transactions + applied.transactions
    images = max(0.0, costs.after_checkpoint.wal_bytes - applied.wal_bytes)
    wal_bytes = delivered.wal_bytes + applied.wal_bytes
    return RateNeeds(
        rate=rate,
        web_cores=cores * delivered.python,
        worker_cores=cores * applied.python,
        database_cores=cores
        * (delivered.sessions + delivered.background + applied.sessions + applied.background),
        wal_bytes=(rate * wal_bytes, rate * (wal_bytes + images)),
        flushes=rate * transactions,
        changed_pages=rate * costs.after_checkpoint.page_images,
        disk_bytes_a_day=rate * SECONDS_PER_DAY * costs.bytes_kept,
        days_to_freeze=FREEZE_AGE / (rate * transactions) / SECONDS_PER_DAY,
        vacuum_share=rate * vacuum_seconds(costs),
    )


def vacuum_seconds(costs: EventCosts) -> float:
    """Return for how long autovacuum works on the log for each event that is applied.

    Each event's UPDATE leaves a dead row. A vacuum reads all indexes of the log; that comes after a
    hundredth of the rows has died, so it costs an event a hundred times its own bytes of index, however many
    events there are. Of the pages it changes, at most one for each dead row and index.
    """
    log = next(table for table in costs.tables if table.name == "log")
    pages = log.index_bytes / PAGE_BYTES / costs.events / VACUUM_SCALE_FACTOR
    changed = min(pages, len(log.indexes)) + 1
    return (pages * READ_COST + changed * CHANGE_COST) / VACUUM_LIMIT * VACUUM_PAUSE_SECONDS

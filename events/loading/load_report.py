"""Reports how far a load has come, for the command and the admin."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from events.models import Load, ResourceProgress


@dataclass(frozen=True)
class ListReport:
    """The progress of a load in one list. rows: those that were read, whatever they were.

    expected: the rows that the vendor says there are; None if it does not say.
    """

    resource: str
    state: str
    reason: str
    pages: int
    new: int
    changed: int
    unchanged: int
    failed: int
    skipped: int
    expected: int | None

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.unchanged + self.failed + self.skipped


@dataclass(frozen=True)
class LoadReport:
    """The progress of a load. rate: rows a second since its first page; 0 before the second one.

    time_left: None if the vendor does not say how many rows there are, or nothing was read yet.
    """

    state: str
    reason: str
    resume_at: datetime | None
    lists: tuple[ListReport, ...]
    rate: float
    time_left: timedelta | None

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.lists)


def report_load(load: Load) -> LoadReport:
    """Return how far a load has come, by two queries."""
    load.refresh_from_db()
    progress = list(load.progress.all())
    lists = tuple(_report_list(one) for one in progress)
    rate = _find_rate(load, progress, sum(one.rows for one in lists))
    return LoadReport(load.state, load.reason, load.resume_at, lists, rate, _find_time_left(lists, rate))


def _report_list(progress: ResourceProgress) -> ListReport:
    return ListReport(
        progress.resource,
        progress.state,
        progress.reason,
        progress.page,
        progress.new,
        progress.changed,
        progress.unchanged,
        progress.failed,
        progress.skipped,
        progress.expected,
    )


def _find_rate(load: Load, progress: list[ResourceProgress], rows: int) -> float:
    began = [one.started_at for one in progress if one.started_at]
    if not began:
        return 0.0
    seconds = ((load.finished_at or datetime.now(UTC)) - min(began)).total_seconds()
    return rows / seconds if seconds > 0 else 0.0


def _find_time_left(lists: tuple[ListReport, ...], rate: float) -> timedelta | None:
    if rate <= 0 or any(one.expected is None for one in lists):
        return None
    left = sum(max(0, (one.expected or 0) - one.rows) for one in lists if one.state != "done")
    return timedelta(seconds=round(left / rate))

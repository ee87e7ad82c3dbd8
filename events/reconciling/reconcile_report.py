"""Reports what a reconciliation has found: counts by list and day, and the records."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from events.models import Finding, Reconciliation, ResourceProgress

# So many records of a list are shown.
MAX_LISTED = 200


@dataclass(frozen=True)
class FoundCounts:
    """The numbers of records that were behind, unknown, and gone as the vendor itself has said."""

    behind: int = 0
    unknown: int = 0
    gone: int = 0

    def __str__(self) -> str:
        """Return the counts in words, such as "12 behind, 3 unknown"; empty if all are 0."""
        words = {"behind": self.behind, "unknown": self.unknown, "gone": self.gone}
        return ", ".join(f"{count:,} {word}" for word, count in words.items() if count)


@dataclass(frozen=True)
class ListFindings:
    """The findings of one list. rows: how many were compared. days: newest first.

    missing: records that the list lacks and that are not known to be gone: they wait for the vendor or for
    somebody's answer, or it is a dry run. present: those that it lacks and the vendor has all the same.
    """

    progress: ResourceProgress
    rows: int
    counts: FoundCounts
    days: tuple[tuple[date, FoundCounts], ...]
    missing: int
    present: int

    def __str__(self) -> str:
        behind = f"{self.counts.behind:,} of {self.rows:,} behind"
        others = f"{self.counts.unknown:,} unknown, {self.counts.gone:,} gone"
        missing = f", {self.missing:,} missing" if self.missing else ""
        present = f", {self.present:,} not listed but there" if self.present else ""
        return f"{self.progress.resource}: {behind}, {others}{missing}{present}"


def report_findings(run: Reconciliation) -> tuple[ListFindings, ...]:
    """Return what a reconciliation has found so far, by list, by two queries."""
    groups = Finding.objects.filter(progress__load_id=run.pk).values("progress_id", "kind", "state", "day")
    by_list: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for group in groups.annotate(count=Count("id")).order_by("-day"):
        by_list[group["progress_id"]].append(group)
    lists = ResourceProgress.objects.filter(load_id=run.pk)
    return tuple(_report_list(one, by_list[one.pk]) for one in lists)


def _report_list(progress: ResourceProgress, groups: Sequence[Mapping[str, Any]]) -> ListFindings:
    by_day: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    totals: dict[str, int] = defaultdict(int)
    others: dict[str, int] = defaultdict(int)
    for group in groups:
        if group["kind"] == Finding.Kind.GONE and group["state"] != Finding.State.MENDED:
            others[group["state"]] += group["count"]
            continue
        by_day[group["day"]][group["kind"]] += group["count"]
        totals[group["kind"]] += group["count"]
    rows = sum(getattr(progress, name) for name in ("new", "changed", "unchanged", "failed", "skipped"))
    present = others.pop(Finding.State.PRESENT, 0)
    return ListFindings(
        progress,
        rows,
        FoundCounts(**totals),
        tuple((day, FoundCounts(**counts)) for day, counts in by_day.items()),
        sum(others.values()),
        present,
    )


def list_findings(progress: ResourceProgress) -> list[Finding]:
    """Return the findings of a list, one more than a page or a command shows at most."""
    return list(progress.findings.order_by("id")[: MAX_LISTED + 1])

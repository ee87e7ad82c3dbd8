"""The result of a measurement, and its text in docs/benchmarks.md."""

import os
import platform
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.figures_before import MARKS

HEADER = """# Benchmarks

`make bench` writes this page. It measures everything in one run, on an embedded stack of its own (PostgreSQL
with fsync, Valkey, Granian). Absolute figures differ much between machines, ratios much less. Each figure is
the median of its rounds, {rounds} unless the section says otherwise; what is compared is measured in turn, in
the same rounds.

Measured on {machine}.
"""
CPU_MODEL = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)
MEASURED_PACKAGES = ("django", "psycopg", "celery", "granian")

# Makes one figure of the medians of the compared sides.
Summary = Callable[[list[float]], float]


def ratio(medians: list[float]) -> float:
    """Return the ratio of the first side to the second."""
    return medians[0] / medians[1]


def inverse_ratio(medians: list[float]) -> float:
    """Return the ratio of the second side to the first."""
    return medians[1] / medians[0]


def first_median(medians: list[float]) -> float:
    """Return the first side's median, for measurements without a comparison."""
    return medians[0]


def largest_increase(medians: list[float]) -> float:
    """Return by how much the largest of the other sides exceeds the first."""
    return max(medians[1:]) - medians[0]


# Those whose figure has no unit.
RATIOS = (ratio, inverse_ratio)


@dataclass(frozen=True)
class Result:
    """One measurement.

    unit: of the rounds' figures. rounds: for each compared side, by name, one figure per round.
    target: what the summary should reach; a ratio, or in `unit`. is_upper_limit: the summary should not be
    above the target; otherwise it should not be below.
    """

    title: str
    description: str
    unit: str
    rounds: dict[str, list[float]]
    target: float
    is_upper_limit: bool = False
    summary: Summary = ratio

    @property
    def figure(self) -> float:
        """The summary of the medians, to be compared with the target."""
        return self.summary([median(figures) for figures in self.rounds.values()])

    @property
    def is_target_reached(self) -> bool:
        return self.figure <= self.target if self.is_upper_limit else self.figure >= self.target


@dataclass(frozen=True)
class Table:
    """A measurement of many things at once: a heading and a row of cells for each."""

    title: str
    description: str
    heading: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def describe_machine() -> str:
    """Return the hardware, and the versions of what is measured. The database must be there."""
    from django.db import connection

    connection.ensure_connection()
    major, minor = divmod(connection.connection.info.server_version, 10_000)
    model = CPU_MODEL.search(Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in MEASURED_PACKAGES)
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GiB of memory,"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()},"
        f" PostgreSQL {major}.{minor}, {packages}"
    )


def format_report(
    results: Sequence[Result | Table], rounds: int, machine: str, missing: Sequence[str] = ()
) -> str:
    """Return the page in Markdown.

    rounds: how many each result has. machine: see `describe_machine`. missing: what a run that is cut now has
    not measured.
    """
    header = HEADER.format(rounds=rounds, machine=machine)
    if missing:
        header += f"\nThe run was cut. Not measured: {', '.join(f'`{name}`' for name in missing)}.\n"
    sections = [*_summarize_marks(results), *results]
    return "\n".join([header, *(format_section(section) for section in sections)])


def _summarize_marks(results: Sequence[Result | Table]) -> list[Table]:
    """Return the table of the results that have a mark, with the figures before; none if no result has."""
    marked = [result for result in results if isinstance(result, Result) and result.title in MARKS]
    rows = [
        (
            result.title,
            MARKS[result.title].against,
            MARKS[result.title].before,
            f"**{result.figure:,.2f}**",
            _describe_target(result),
            _describe_verdict(result),
        )
        for result in marked
    ]
    heading = ("what", "against", "before", "now", "target", "")
    description = "Ratios, unless a unit is named; each has a section below."
    return [Table("Marks, before and after", description, heading, rows)] if rows else []


def format_table(table: Table) -> str:
    """Return a section of the page."""
    lines = [_format_row(table.heading), _format_row(["---"] * len(table.heading))]
    lines += [_format_row(row) for row in table.rows]
    return "\n".join([f"## {table.title}", "", table.description, "", *lines, ""])


def format_section(result: Result | Table) -> str:
    """Return a section of the page: a table, and for a result what its figure is."""
    if isinstance(result, Table):
        return format_table(result)
    rows = [
        (side, f"{median(figures):,.0f} {result.unit}", _format_figures(figures))
        for side, figures in result.rounds.items()
    ]
    table = Table(result.title, result.description, ("", "median", "rounds"), rows)
    return f"{format_table(table)}\n{_format_summary(result)}\n"


def _format_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _format_summary(result: Result) -> str:
    label = "ratio" if result.summary in RATIOS else result.unit
    before = f"before: {MARKS[result.title].before}; " if result.title in MARKS else ""
    target = f"target: {_describe_target(result)}, {_describe_verdict(result)}"
    return f"{label}: **{result.figure:,.2f}** ({before}{target})"


def _describe_target(result: Result) -> str:
    unit = "" if result.summary in RATIOS else f" {result.unit}"
    return f"{'at most' if result.is_upper_limit else 'at least'} {result.target:g}{unit}"


def _describe_verdict(result: Result) -> str:
    return "reached" if result.is_target_reached else "**not reached**"


def _format_figures(figures: Sequence[float]) -> str:
    return ", ".join(f"{figure:,.0f}" for figure in figures)

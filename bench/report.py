"""What a measurement is, and how docs/benchmarks.md shows it."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

HEADER = """# Benchmarks

Written by `make bench`, which measures all of it in one run on an embedded stack (PostgreSQL with fsync,
Valkey, Granian) of its own. Absolute figures vary from machine to machine, the ratios much less; each
figure is the median of {rounds} rounds, taken in turn with what it is compared with.

Measured with {cores} cores, Python {python}, {system}.
"""


Summary = Callable[[list[float]], float]


def ratio(medians: list[float]) -> float:
    return medians[0] / medians[1]


def only(medians: list[float]) -> float:
    return medians[0]


def most_added(medians: list[float]) -> float:
    """By any of the others to the first."""
    return max(medians[1:]) - medians[0]


@dataclass(frozen=True)
class Result:
    """One measurement. `rounds` holds, for each side's name, a figure a round.

    summary: of the sides' medians in their order, what is to reach the mark: their ratio, or in `unit`.
    mark: below it where `is_ceiling`.
    """

    title: str
    explained: str
    unit: str
    rounds: dict[str, list[float]]
    mark: float
    is_ceiling: bool = False
    summary: Summary = ratio

    @property
    def figure(self) -> float:
        return self.summary([median(figures) for figures in self.rounds.values()])

    @property
    def is_reached(self) -> bool:
        return self.figure <= self.mark if self.is_ceiling else self.figure >= self.mark


def written(results: Sequence[Result]) -> str:
    rounds = len(next(iter(results[0].rounds.values())))
    header = HEADER.format(
        rounds=rounds, cores=os.cpu_count(), python=platform.python_version(), system=platform.system()
    )
    return "\n".join([header, *(_section(result) for result in results)])


def _section(result: Result) -> str:
    rows = [
        f"| {side} | {median(figures):,.0f} {result.unit} | {_listed(figures)} |"
        for side, figures in result.rounds.items()
    ]
    kind = "ratio" if result.summary is ratio else result.unit
    bound = "at most" if result.is_ceiling else "at least"
    verdict = "reached" if result.is_reached else "**not reached**"
    lines = [
        f"## {result.title}",
        "",
        result.explained,
        "",
        "| | median | rounds |",
        "| --- | --- | --- |",
        *rows,
        "",
    ]
    return "\n".join(
        [*lines, f"{kind}: **{result.figure:,.2f}** (mark: {bound} {result.mark:g}, {verdict})", ""]
    )


def _listed(figures: Sequence[float]) -> str:
    return ", ".join(f"{figure:,.0f}" for figure in figures)

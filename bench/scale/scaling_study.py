"""Measures a few workers at each share of meeting events, repeats them by simulation, and simulates many."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

from bench.scale.meeting_events import (
    SHARED_SLUG,
    SourcedBody,
    make_archive_batches,
    make_meeting_batches,
)
from bench.scale.simulation.apply_simulation import Conditions, SimulatedBatch, SimulatedRun
from bench.scale.simulation.lock_traces import LockTrace, trace_batch
from bench.scale.simulation.simulated_workers import predict, predict_archive, repeat_run, take_mean_costs
from bench.scale.skipped_claims import measure_skip_seconds
from bench.scale.worker_runs import WorkerRun, run_workers

MEASURED_SHARES = (0.0, 0.1, 0.5, 1.0)
# Those of fewer have no costs of their own: an event costs there what it does without meeting.
SIMULATED_SHARES = (0.0, 0.001, 0.01, *MEASURED_SHARES[1:])
MEASURED_WORKERS = (1, 2, 3, 4)
SIMULATED_WORKERS = (1, 2, 4, 8, 16, 32)
ARCHIVE = "an archive"
# Of the archive that many workers apply.
ARCHIVE_BATCHES = 96


@dataclass(frozen=True)
class MeasuredPoint:
    """A measured run beside its simulation. kind: of the events."""

    kind: str
    run: WorkerRun
    simulated: SimulatedRun


@dataclass(frozen=True)
class Prediction:
    """The simulated runs of one kind of events, for each number of workers."""

    kind: str
    runs: list[SimulatedRun]


@dataclass(frozen=True)
class ScalingStudy:
    """skip_seconds: the processor time by which a claim takes longer for each event that it passes over."""

    points: list[MeasuredPoint]
    predictions: list[Prediction]
    skip_seconds: float


@dataclass(frozen=True)
class _Load:
    """Events of one kind: those that come before, the batches, and the keys of both."""

    former: list[SourcedBody]
    batches: list[list[SourcedBody]]
    former_trace: LockTrace
    traces: list[LockTrace]
    shared_source: int


def study_scaling(state: Path, batches: int, rounds: int) -> ScalingStudy:
    """Measure and simulate all kinds of events. batches: in a measured run."""
    log = state / "postgres.log"
    points: list[MeasuredPoint] = []
    predictions: list[Prediction] = []
    skip_seconds = measure_skip_seconds()
    alone: dict[str, WorkerRun] = {}
    for share in MEASURED_SHARES:
        load = _prepare(*make_meeting_batches(batches, share))
        measured = _measure(name_share(share), load, log, rounds)
        alone[name_share(share)] = measured[0].run
        points += measured
    archive = _prepare(*make_archive_batches(batches))
    archive_points = _measure(ARCHIVE, archive, log, rounds)
    points += archive_points
    for share in SIMULATED_SHARES:
        load = _prepare(*make_meeting_batches(batches, share))
        costs = alone.get(name_share(share), alone[name_share(0.0)])
        simulated = take_mean_costs(costs.batches, load.traces)
        predictions.append(_predict(name_share(share), simulated, load, costs.flush_seconds, skip_seconds))
    large = _prepare(*make_archive_batches(ARCHIVE_BATCHES))
    costs = archive_points[0].run
    simulated = take_mean_costs(costs.batches, large.traces)
    runs = [
        predict_archive(
            simulated,
            large.former_trace,
            Conditions(count, flush_seconds=costs.flush_seconds, skip_seconds=skip_seconds),
        )
        for count in SIMULATED_WORKERS
    ]
    predictions.append(Prediction(ARCHIVE, runs))
    return ScalingStudy(points, predictions, skip_seconds)


def name_share(share: float) -> str:
    """Return the share of meeting events as the tables show it."""
    return f"{share * 100:g} %"


def _prepare(former: list[SourcedBody], batches: list[list[SourcedBody]]) -> _Load:
    slugs = sorted({body.slug for part in (former, *batches) for body in part})
    ids = {slug: number for number, slug in enumerate(slugs, start=1)}
    traces = [trace_batch(batch, ids) for batch in batches]
    return _Load(former, batches, trace_batch(former, ids), traces, ids.get(SHARED_SLUG, 0))


def _measure(kind: str, load: _Load, log: Path, rounds: int) -> list[MeasuredPoint]:
    """Return a point for each number of workers: of all rounds the one with the median rate."""
    runs: dict[int, list[WorkerRun]] = {count: [] for count in MEASURED_WORKERS}
    for _ in range(rounds):
        for count in MEASURED_WORKERS:
            runs[count].append(run_workers(count, load.former, load.batches, log))
    chosen = [_choose_median(of_count) for of_count in runs.values()]
    return [
        MeasuredPoint(kind, run, repeat_run(run, chosen[0], load.former_trace, load.traces)) for run in chosen
    ]


def _choose_median(runs: Sequence[WorkerRun]) -> WorkerRun:
    rate = median_low(run.rate for run in runs)
    return next(run for run in runs if run.rate == rate)


def _predict(
    kind: str,
    batches: Sequence[SimulatedBatch],
    load: _Load,
    flush_seconds: float,
    skip_seconds: float,
) -> Prediction:
    runs = [
        predict(
            batches,
            load.former_trace,
            Conditions(count, flush_seconds=flush_seconds, skip_seconds=skip_seconds),
            load.shared_source,
        )
        for count in SIMULATED_WORKERS
    ]
    return Prediction(kind, runs)

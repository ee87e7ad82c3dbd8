"""Feeds the simulation with measured costs: repeats the measured runs, and goes on to more workers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice

from bench.scale.batch_probe import STEPS, BatchCosts
from bench.scale.simulation.apply_simulation import Conditions, SimulatedBatch, SimulatedRun, simulate
from bench.scale.simulation.lock_traces import Key, LockTrace
from bench.scale.worker_runs import WorkerRun

# For each worker, so that its first and its last batch, which overlap less, count little.
BATCHES_PER_WORKER = 12


def repeat_run(
    run: WorkerRun, alone: WorkerRun, former: LockTrace, traces: Sequence[LockTrace]
) -> SimulatedRun:
    """Simulate a measured run. alone: the run of one worker, whose costs of each batch are taken.

    What an event cost more in the run than alone is taken from the run: it is how much the cores slow each
    other, which is a matter of the machine. Locks and the sharing of cores are the simulation's.
    """
    conditions = Conditions(
        workers=run.workers,
        cores=run.free_cores,
        stretch=(run.python + run.database) / (alone.python + alone.database),
        flush_seconds=run.flush_seconds,
    )
    return simulate(take_costs(alone.batches, traces), former, conditions)


def take_costs(costs: Sequence[BatchCosts], traces: Sequence[LockTrace]) -> list[SimulatedBatch]:
    """Return the measured batches, each with its own costs and keys."""
    return [
        SimulatedBatch(
            cost.events, {step: cost.steps[step].total for step in STEPS if step in cost.steps}, trace
        )
        for cost, trace in zip(costs, traces, strict=True)
    ]


def take_mean_costs(costs: Sequence[BatchCosts], traces: Sequence[LockTrace]) -> list[SimulatedBatch]:
    """Return batches with these keys, each with the mean costs of the measured ones."""
    total: dict[str, float] = defaultdict(float)
    for cost in costs:
        for step, seconds in cost.steps.items():
            total[step] += seconds.total
    steps = {step: total[step] / len(costs) for step in STEPS if step in total}
    events = round(sum(cost.events for cost in costs) / len(costs))
    return [SimulatedBatch(events, steps, trace) for trace in traces]


def predict(
    batches: Sequence[SimulatedBatch], former: LockTrace, conditions: Conditions, shared_source: int
) -> SimulatedRun:
    """Simulate so many workers with so many repetitions of the batches as they need.

    shared_source: the id of the source whose records the batches share. All others' keys are left out:
    they are each batch's own.
    """
    count = conditions.workers * BATCHES_PER_WORKER
    kept = [replace(batch, trace=keep_source(batch.trace, shared_source)) for batch in batches]
    repeated = chain.from_iterable(
        (replace(batch, trace=_repeat_names(batch.trace, copy)) for batch in kept)
        for copy in range(1, 2 + count // len(kept))
    )
    return simulate(
        list(islice(repeated, count)), _repeat_names(keep_source(former, shared_source), 0), conditions
    )


def predict_archive(
    batches: Sequence[SimulatedBatch], former: LockTrace, conditions: Conditions
) -> SimulatedRun:
    """Simulate so many workers with the batches of an archive, which is as large as it is."""
    count = min(len(batches), conditions.workers * BATCHES_PER_WORKER)
    return simulate(batches[:count], former, conditions)


def keep_source(trace: LockTrace, source: int) -> LockTrace:
    """Return the trace without the keys of other sources."""
    return LockTrace(
        named=_of_source(trace.named, source),
        written=_of_source(trace.written, source),
        conversations=_of_source(trace.conversations, source),
        names={key: name for key, name in trace.names.items() if key[0] == source},
        words=_of_source(trace.words, source),
    )


def _of_source(keys: tuple[Key, ...], source: int) -> tuple[Key, ...]:
    return tuple(key for key in keys if key[0] == source)


def _repeat_names(trace: LockTrace, copy: int) -> LockTrace:
    """Return the trace of a repetition, in which the names are said anew, and so are newer."""
    return replace(trace, names={key: (copy, name) for key, name in trace.names.items()})

"""A discrete-event simulation of workers that apply batches: processor, locks, flushes of commits. Pure.

A worker is a generator of what it does next: it works, takes a lock, or waits for the disk. Locks are held
until the commit and handed on in the order of arrival, as PostgreSQL does. Workers that work at the same
time share the cores evenly. Equal arguments give equal results; nothing is drawn by chance.
"""

import heapq
import math
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.scale.simulation.lock_traces import Key, LockTrace

# Below this a piece of work has ended: floating-point numbers leave a rest.
SMALLEST_SECONDS = 1e-12


@dataclass(frozen=True)
class SimulatedBatch:
    """A batch: how many events it has, the processor seconds of its steps, and the keys that it locks.

    steps: as `bench.scale.batch_probe.STEPS` has them; their order is that of the batch.
    """

    events: int
    steps: Mapping[str, float]
    trace: LockTrace


@dataclass(frozen=True)
class Conditions:
    """The machine of a simulation.

    cores: may be a fraction, of cores that others use too. stretch: how many times as long everything takes
    as in `SimulatedBatch.steps`. flush_seconds: the time that a commit waits for the disk.
    skip_seconds: the processor seconds by which a claim takes longer for each event that it passes over,
    because another worker has claimed it.
    """

    workers: int
    cores: float = math.inf
    stretch: float = 1.0
    flush_seconds: float = 0.0
    skip_seconds: float = 0.0


@dataclass(frozen=True)
class SimulatedRun:
    """The result: the time until the last commit, and the workers' seconds of waiting for locks."""

    workers: int
    events: int
    seconds: float
    waited: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    @property
    def waited_share(self) -> float:
        """The part of all workers' time in which they waited for locks."""
        return self.waited / (self.seconds * self.workers)


@dataclass(frozen=True)
class _Work:
    seconds: float


@dataclass(frozen=True)
class _Sleep:
    seconds: float


@dataclass(frozen=True)
class _Lock:
    key: Hashable


@dataclass(frozen=True)
class _Unlock:
    key: Hashable


@dataclass(frozen=True)
class _Release:
    """The end of a transaction: all its locks are handed on."""


_Action = _Work | _Sleep | _Lock | _Unlock | _Release


@dataclass(eq=False)
class _Worker:
    """A worker.

    held: the keys that its transaction has locked, in that order, which a set would not keep.
    names, words: what it knows to be in the tables.
    """

    actions: Iterator[_Action] = field(default_factory=lambda: iter(()))
    held: dict[Hashable, None] = field(default_factory=dict)
    names: dict[Hashable, Any] = field(default_factory=dict)
    words: set[Hashable] = field(default_factory=set)
    asked_at: float = 0.0


def simulate(
    batches: Sequence[SimulatedBatch],
    former: LockTrace,
    conditions: Conditions,
) -> SimulatedRun:
    """Apply the batches, in their order, by so many workers.

    former: the keys of what was applied before by a process that these workers are forks of.
    """
    return _Simulation(batches, former, conditions).run()


class _Simulation:
    def __init__(self, batches: Sequence[SimulatedBatch], former: LockTrace, conditions: Conditions) -> None:
        self._batches = deque(enumerate(batches))
        self._conditions = conditions
        # What is in the tables, committed.
        self._records = set(former.named)
        self._words = set(former.words)
        self._claimed: dict[int, int] = {}
        self._holders: dict[Hashable, _Worker] = {}
        self._queues: dict[Hashable, deque[_Worker]] = {}
        self._working: dict[_Worker, float] = {}
        self._sleeping: list[tuple[float, int, _Worker]] = []
        self._order = count()
        self._now = self._waited = 0.0
        self._events = sum(batch.events for batch in batches)
        self._workers = [
            _Worker(names=dict(former.names), words=set(former.words)) for _ in range(conditions.workers)
        ]

    def run(self) -> SimulatedRun:
        for worker in self._workers:
            worker.actions = self._drain(worker)
            self._resume(worker)
        while self._working or self._sleeping:
            self._advance()
        return SimulatedRun(self._conditions.workers, self._events, self._now, self._waited)

    # What a worker does

    def _drain(self, worker: _Worker) -> Iterator[_Action]:
        while self._batches:
            number, batch = self._batches.popleft()
            skipped = sum(events for other, events in self._claimed.items() if other < number)
            self._claimed[number] = batch.events
            yield _Work(skipped * self._conditions.skip_seconds)
            yield from self._settle(worker, batch)
            del self._claimed[number]
            yield _Release()
            yield _Work(batch.steps.get("number", 0.0))

    def _settle(self, worker: _Worker, batch: SimulatedBatch) -> Iterator[_Action]:
        """Yield the steps up to the commit, and enter what it has written into the tables."""
        trace = batch.trace
        names = {
            key: name
            for key, name in trace.names.items()
            if key not in worker.names or worker.names[key] < name
        }
        for step, seconds in batch.steps.items():
            if step == "insert":
                yield from self._insert(trace.named, self._records)
            elif step == "write":
                yield from map(_Lock, trace.written)
            elif step == "conversations":
                yield from (_Lock(("conversation", key)) for key in trace.conversations)
            elif step == "names":
                yield from (_Lock(("name", key)) for key in names)
            elif step == "words":
                new = [key for key in trace.words if key not in worker.words]
                yield from self._insert(new, self._words)
            elif step == "number":
                break
            yield _Work(seconds)
        yield _Sleep(self._conditions.flush_seconds)
        self._records.update(trace.named)
        self._words.update(trace.words)
        worker.names |= names
        worker.words.update(trace.words)

    def _insert(self, keys: Sequence[Key], table: set[Key]) -> Iterator[_Action]:
        """Insert what is not there. Whoever finds that another one inserts a key waits for his commit, and
        then needs no lock on it: the key is there.
        """
        for key in keys:
            if key not in table:
                yield _Lock(("insert", key))
                if key in table:
                    yield _Unlock(("insert", key))

    # What the machine does

    def _resume(self, worker: _Worker) -> None:
        """Let a worker go on until it works, sleeps, waits for a lock, or has nothing left to do."""
        for action in worker.actions:
            match action:
                case _Work(seconds) if seconds > 0:
                    self._working[worker] = seconds * self._conditions.stretch
                    return
                case _Sleep(seconds) if seconds > 0:
                    heapq.heappush(self._sleeping, (self._now + seconds, next(self._order), worker))
                    return
                case _Lock(key) if not self._try_lock(worker, key):
                    return
                case _Unlock(key):
                    self._release(worker, [key])
                case _Release():
                    self._release(worker, list(worker.held))

    def _try_lock(self, worker: _Worker, key: Hashable) -> bool:
        """Take a lock, or queue for it. Returns False if the worker has to wait."""
        if self._holders.setdefault(key, worker) is worker:
            worker.held[key] = None
            return True
        worker.asked_at = self._now
        self._queues.setdefault(key, deque()).append(worker)
        return False

    def _release(self, worker: _Worker, keys: Sequence[Hashable]) -> None:
        """Hand each lock to the first who waits for it. They go on once all are handed on."""
        granted: list[_Worker] = []
        for key in keys:
            del worker.held[key]
            if queue := self._queues.get(key):
                following = queue.popleft()
                self._holders[key] = following
                following.held[key] = None
                self._waited += self._now - following.asked_at
                granted.append(following)
            else:
                del self._holders[key]
        for following in granted:
            self._resume(following)

    def _advance(self) -> None:
        """Go on to the next moment at which somebody has ended his work or his sleep."""
        speed = min(1.0, self._conditions.cores / len(self._working)) if self._working else 1.0
        work = min(self._working.values(), default=math.inf) / speed
        sleep = self._sleeping[0][0] - self._now if self._sleeping else math.inf
        passed = min(work, sleep)
        self._now += passed
        ended = []
        for worker in self._working:
            self._working[worker] -= passed * speed
            if self._working[worker] <= SMALLEST_SECONDS:
                ended.append(worker)
        for worker in ended:
            del self._working[worker]
        while self._sleeping and self._sleeping[0][0] <= self._now + SMALLEST_SECONDS:
            ended.append(heapq.heappop(self._sleeping)[2])
        for worker in ended:
            self._resume(worker)

"""Measures what the steps of a batch cost a worker: processor time of Python and of its database session.

The steps begin where the worker takes locks, so that the simulation knows how long it holds each.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

from bench.scale.processor_time import read_seconds

# Step -> the module and the function whose first call in a batch begins it, in the order of a batch. In
# "words" are the outcomes and the commit too.
STEPS = {
    "read": ("events.processing.drain", "lock_for_applying"),
    "insert": ("entities.writing.apply", "find_or_insert"),
    "write": ("entities.writing.apply", "lock_rows"),
    "conversations": ("entities.writing.apply", "write_conversations"),
    "names": ("entities.writing.apply", "write_names"),
    "words": ("entities.writing.apply", "write_words"),
    "number": ("events.processing.drain", "number_changes"),
}
# Ends the last step, which comes after the commit.
END = ("events.processing.drain", "_log_batch")


@dataclass(frozen=True)
class StepCost:
    """The processor seconds of one step: of Python, and of the worker's session at the database."""

    python: float = 0.0
    database: float = 0.0

    @property
    def total(self) -> float:
        return self.python + self.database


@dataclass
class BatchCosts:
    """One batch: the first of its events, by the id, how many there were, and the cost of each step."""

    first_event: int = 0
    events: int = 0
    steps: dict[str, StepCost] = field(default_factory=lambda: defaultdict(StepCost))


class BatchProbe:
    """Notes the costs of the batches that this process settles, from the call of `watch` on."""

    def __init__(self, backend_pid: int) -> None:
        self.batches: list[BatchCosts] = []
        self._backend_pid = backend_pid
        self._step = ""
        self._mark = (0.0, 0.0)
        self._batch = BatchCosts()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Measure the batches that are settled in the block."""
        with ExitStack() as stack:
            for step, (module, name) in STEPS.items():
                stack.enter_context(self._wrap(module, name, partial(self._begin, step)))
            stack.enter_context(self._wrap(*END, self._end))
            stack.enter_context(self._watch_claims())
            yield

    @contextmanager
    def _wrap(self, module: str, name: str, note: Callable[[], None]) -> Iterator[None]:
        function = _find(module, name)

        def call(*arguments: Any, **named: Any) -> Any:
            note()
            return function(*arguments, **named)

        with patch(f"{module}.{name}", call):
            yield

    @contextmanager
    def _watch_claims(self) -> Iterator[None]:
        module = "events.processing.drain"
        claim = _find(module, "claim_batch")

        def call() -> Any:
            events = claim()
            if events:
                self._batch.first_event, self._batch.events = events[0].id, len(events)
            return events

        with patch(f"{module}.claim_batch", call):
            yield

    def _begin(self, step: str) -> None:
        """End the step before, and begin this one. A batch begins with the first; one that failed is lost."""
        if step == next(iter(STEPS)):
            self._batch = BatchCosts()
        elif step == self._step:
            return
        else:
            self._charge()
        self._step = step
        self._mark = self._read()

    def _end(self) -> None:
        self._charge()
        self.batches.append(self._batch)

    def _charge(self) -> None:
        python, database = self._read()
        before = self._batch.steps[self._step]
        self._batch.steps[self._step] = StepCost(
            before.python + python - self._mark[0], before.database + database - self._mark[1]
        )

    def _read(self) -> tuple[float, float]:
        return time.process_time(), read_seconds(self._backend_pid)


def _find(module: str, name: str) -> Any:
    from importlib import import_module

    return getattr(import_module(module), name)

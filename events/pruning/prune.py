"""Prunes events in small transactions: a process that is killed leaves nothing half done."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from entities.baseline.fold_events import fold_into_baseline
from entities.writing.mirror_lock import try_lock_for_pruning
from events.processing.claim import limit_bytes, read_events
from events.pruning.prunable_events import (
    BEGINNING,
    PrunableEvent,
    PrunableSource,
    claim_prunable,
    read_prunable_sources,
    remove_bodies,
)

# So few that a transaction takes some tenths of a second: nobody who wants one of its events waits longer.
MAX_BATCH_EVENTS = 200
# After a batch, nothing is pruned for a quarter of the time that it took. A batch keeps one core busy at
# most, and holds nothing that a delivery waits for.
PAUSE_FACTOR = 0.25
LOCK_PAUSE_SECONDS = 0.1

Progress = Callable[[int], object]
"""A callback that receives the number of events pruned since its last call."""


class PruningLocked(Exception):
    """A rebuild, or another process that prunes, holds the lock. Nothing is lost: the next run goes on."""


@dataclass
class PruningRun:
    """The result of a run.

    pruned, freed_bytes: how many events, and the bytes of their bodies.
    unread_ids: events that keep their bodies because today's mapping does not make of them what their status
        says.
    is_done: whether nothing is left to prune.
    """

    pruned: int = 0
    freed_bytes: int = 0
    unread_ids: list[int] = field(default_factory=list)
    is_done: bool = True


def prune_events(
    progress: Progress = lambda count: None, seconds: float | None = None, lock_tries: int = 1
) -> PruningRun:
    """Prune until nothing is left or the time is up.

    lock_tries: how often a batch asks for the lock, LOCK_PAUSE_SECONDS apart, before it gives up.
    Raises PruningLocked, and django.db.Error, as after a deadlock: what was pruned until then stays so.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    run = PruningRun()
    for source in read_prunable_sources():
        for pruned in _prune_batches(source, run, lock_tries):
            progress(pruned)
            if deadline is not None and time.monotonic() >= deadline:
                run.is_done = False
                return run
    return run


def _prune_batches(source: PrunableSource, run: PruningRun, lock_tries: int) -> Iterator[int]:
    """Prune a source's events, batch by batch; yield how many were pruned with each."""
    place = BEGINNING
    while True:
        began = time.monotonic()
        with transaction.atomic():
            _lock(lock_tries)
            claimed = claim_prunable(source, place, MAX_BATCH_EVENTS)
            batch = claimed[: len(list(limit_bytes((event.id, event.size) for event in claimed)))]
            folded = _fold(batch)
            remove_bodies(sorted(folded))
        if not batch:
            return
        place = batch[-1].place
        run.pruned += len(folded)
        run.freed_bytes += sum(event.size for event in batch if event.id in folded)
        run.unread_ids += [event.id for event in batch if event.id not in folded]
        yield len(folded)
        time.sleep((time.monotonic() - began) * PAUSE_FACTOR)


def _lock(tries: int) -> None:
    """Take the lock for the rest of this transaction. Raises PruningLocked."""
    for _ in range(tries - 1):
        if try_lock_for_pruning():
            return
        time.sleep(LOCK_PAUSE_SECONDS)
    if not try_lock_for_pruning():
        raise PruningLocked


def _fold(batch: list[PrunableEvent]) -> set[int]:
    """Fold the events into the baseline; return the ids of those that are in it."""
    statuses = {event.id: event.status for event in batch}
    return set(fold_into_baseline([(event, statuses[event.id]) for event in read_events(statuses)]))

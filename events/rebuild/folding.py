"""Folds the log into shadow tables by the same code that applies events to the live tables."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from entities.shadow.shadow_tables import close_shadow, open_shadow
from entities.stored_events import ProcessingOutcome, StoredEvent
from entities.writing.process_batch import process_batch

Progress = Callable[[int], object]
"""Called with the number of events that were folded since the last call."""


@contextmanager
def shadow_tables() -> Iterator[None]:
    """Let everything that is applied in this block go into shadow tables; within a transaction."""
    open_shadow()
    yield
    close_shadow()


def fold_batches(
    batches: Iterable[list[StoredEvent]],
    progress: Progress,
    record: Callable[[list[ProcessingOutcome]], object] = lambda outcomes: None,
) -> int:
    """Process these batches; return how many events they held. record: called with each batch's outcomes."""
    folded = 0
    for batch in batches:
        record(process_batch(batch))
        folded += len(batch)
        progress(len(batch))
    return folded

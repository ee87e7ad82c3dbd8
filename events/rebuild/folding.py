"""Folds the baseline and the log into shadow tables, by the code that applies events to the live tables."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from entities.baseline.read_baseline import read_baseline
from entities.shadow.shadow_tables import close_shadow, open_shadow
from entities.stored_events import ProcessingOutcome, StoredEvent
from entities.writing.apply import apply_statements
from entities.writing.process_batch import process_batch

Progress = Callable[[int], object]
"""A callback that receives the number of events folded since its last call."""


@contextmanager
def shadow_tables() -> Iterator[None]:
    """Direct everything that is applied in this block into shadow tables. Call it within a transaction."""
    open_shadow()
    yield
    close_shadow()


def fold_baseline(condition: str = "true") -> None:
    """Apply what is kept of the events that have no body any more. condition: see `read_baseline`."""
    for statements in read_baseline(condition):
        apply_statements(statements)


def fold_batches(
    batches: Iterable[list[StoredEvent]],
    progress: Progress,
    keep_outcomes: Callable[[list[ProcessingOutcome]], object] = lambda outcomes: None,
) -> int:
    """Process these batches; return their number of events. keep_outcomes: called with each batch's."""
    event_count = 0
    for batch in batches:
        keep_outcomes(process_batch(batch))
        event_count += len(batch)
        progress(len(batch))
    return event_count

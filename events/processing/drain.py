"""Drains the backlog: claims, processes and records pending events, one transaction a batch."""

import random
import time
from collections import Counter
from collections.abc import Sequence

import structlog
from django.db import Error, connection, transaction

from crmmirror.lib.database.cursors import fetch_value
from crmmirror.lib.database.required_migrations import required_migrations
from crmmirror.lib.database.transient_errors import is_schema_error, is_transient
from entities.feed.numbering import number_changes
from entities.stored_events import ProcessingOutcome, StoredEvent, Verdict
from entities.writing.mirror_lock import lock_for_applying
from entities.writing.process_batch import process_batch
from entities.writing.words.write_words import WrittenWords, skip_written_words
from entities.writing.write_names import WrittenNames, skip_written_names
from events.monitoring.metrics import count_settled
from events.processing.claim import claim_batch
from events.processing.outcomes import record_outcomes
from events.withholding.mark_store import read_generation
from events.withholding.withhold import Withholding

log = structlog.get_logger(__name__)

# Back-off: the pauses before further attempts at a batch, after a deadlock, a lost connection and the like.
BACK_OFF_SECONDS = (0.05, 0.2, 0.8, 2.0)
# Each pause is multiplied by a random factor, so that two workers that deadlocked do not meet again.
JITTER = (0.5, 1.5)
# One of each for the process: what it has written to the tables of names and words, and need not write again.
WRITTEN_NAMES = WrittenNames()
WRITTEN_WORDS = WrittenWords()
# The number of the last erasure that this process has taken notice of.
_known_generation = 0
HAS_PENDING = "SELECT EXISTS (SELECT FROM events_event WHERE status = 'pending' AND next_attempt_at IS NULL)"


def drain_backlog(seconds: float | None = None) -> int:
    """Settle pending events until none is left or the time is up; return how many were settled.

    Raises django.db.Error if the database stays away, and MigrationsMissing if it lacks a migration of this
    code: events of the last batch are still pending then.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    settled_count = 0
    while not _is_past(deadline) and (batch_size := _settle_batch_with_retries()):
        settled_count += batch_size
    return settled_count


def has_pending_events() -> bool:
    """Return True if an event is pending that a worker can claim, or has claimed."""
    return bool(fetch_value(HAS_PENDING))


def _is_past(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _settle_batch_with_retries() -> int:
    for pause in BACK_OFF_SECONDS:
        try:
            return _settle_batch()
        except Error as error:
            if not is_transient(error):
                raise
            _back_off(error, pause)
    return _settle_batch()


def _back_off(error: Error, pause: float) -> None:
    log.info("batch_retried", error=type(error.__cause__ or error).__name__, pause=pause)
    connection.close_if_unusable_or_obsolete()
    time.sleep(pause * random.uniform(*JITTER))  # noqa: S311


def _settle_batch() -> int:
    """Settle one batch; return how many events it had, 0 if none was left to claim.

    Raises MigrationsMissing if the batch does not fit the schema for lack of a migration.
    """
    try:
        return _settle_batch_in_transaction()
    except Error as error:
        if not is_schema_error(error):
            raise
        required_migrations.look_up()
        # No migration is missing: our own code is at fault. The events that meet the error fail with it.
        return _settle_batch_in_transaction(is_schema_current=True)


def _settle_batch_in_transaction(*, is_schema_current: bool = False) -> int:
    started = time.monotonic()
    with transaction.atomic():
        lock_for_applying()
        outcomes = settle_events(events := claim_batch(), is_schema_current=is_schema_current)
        settled_events = record_outcomes(outcomes)
    if events:
        # After the commit: a batch that was rolled back must not be counted.
        count_settled(settled_events)
        number_changes()
        _log_batch(outcomes, time.monotonic() - started)
    return len(events)


def settle_events(
    events: Sequence[StoredEvent], *, is_schema_current: bool = False
) -> list[ProcessingOutcome]:
    """Apply these events, without what they say of erased persons; return the outcomes to record."""
    generation = read_generation()
    _forget_erased_words(generation)
    with skip_written_names(WRITTEN_NAMES), skip_written_words(WRITTEN_WORDS):
        if not generation:
            # Nobody was ever erased.
            return process_batch(events, is_schema_current=is_schema_current)
        withholding = Withholding()
        outcomes = process_batch(events, is_schema_current=is_schema_current, revise=withholding.revise)
        return withholding.finish(events, outcomes)


def _forget_erased_words(generation: int) -> None:
    """Forget what this process has written to the tables of names and words, if somebody was erased since.

    An erasure takes away what only the person's events said, and it may be said again.
    """
    global _known_generation
    if generation != _known_generation:
        WRITTEN_NAMES.clear()
        WRITTEN_WORDS.clear()
        _known_generation = generation


def _log_batch(outcomes: Sequence[ProcessingOutcome], seconds: float) -> None:
    """Log what became of a batch; at the level debug if all of it was applied.

    A worker that keeps up with its deliveries settles many small batches a second.
    """
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    write_line = log.debug if set(verdicts) == {Verdict.APPLIED} else log.info
    counts = {str(verdict): count for verdict, count in verdicts.items()}
    write_line("batch_settled", events=len(outcomes), seconds=round(seconds, 3), **counts)

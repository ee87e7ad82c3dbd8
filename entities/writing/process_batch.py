"""Processes a batch of events: maps each, applies them together, and returns the outcome of each.

A batch that the database refuses is bisected until the event that is at fault is alone: that one has
failed, the others are applied.
"""

from collections.abc import Callable, Iterable, Sequence

import structlog
from django.db import transaction

from crmmirror.lib.database.transient_errors import is_schema_error, is_transient
from crmmirror.lib.error_place import describe_place
from crmmirror.lib.paused_gc import paused_gc
from crmmirror.lib.utc import format_utc
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import MappedEvent, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import ProcessingOutcome, StoredEvent, Verdict
from entities.vendors import UnusableVendor, require_current
from entities.writing.apply import apply_mapped_events

log = structlog.get_logger(__name__)

MAX_ERROR_LENGTH = 500

Revise = Callable[[Sequence[MappedEvent]], list[MappedEvent]]
"""Takes the events of a batch as they were read; returns those that are applied, as they are applied."""


# Speed: a batch makes many dicts and tuples and hardly a cycle, and the collector walked all of them again
# and again. docs/speed.md has the figures.
@paused_gc()
def process_batch(
    events: Sequence[StoredEvent], *, is_schema_current: bool = False, revise: Revise = list
) -> list[ProcessingOutcome]:
    """Apply the events in the caller's transaction; return the outcome of each.

    is_schema_current: the caller has seen that the database has all migrations, so that an event whose
    statement does not fit the schema has failed.
    revise: may leave events out, which then have no outcome.
    Raises django.db.Error if an error is transient, or if a statement does not fit the schema and nobody
    knows whether a migration is missing: the caller rolls back, and tries the batch again later.
    """
    outcomes: list[ProcessingOutcome] = []
    mapped: list[MappedEvent] = []
    for event in events:
        result = _map_or_reject(event)
        if isinstance(result, ProcessingOutcome):
            outcomes.append(result)
        else:
            mapped.append(result)
    return outcomes + _apply_or_bisect(revise(mapped), is_schema_current=is_schema_current)


def _map_or_reject(event: StoredEvent) -> MappedEvent | ProcessingOutcome:
    """Return what the event says, or its outcome if nothing of it can be applied."""
    try:
        mapped = map_event(event)
    except UnusableVendor as error:
        return _fail_until_restart(event, error)
    except Malformed as error:
        return _judge(event, ProcessingOutcome(event.id, Verdict.MALFORMED, error=str(error)))
    except Unmappable as error:
        return _judge(
            event, ProcessingOutcome(event.id, Verdict.FAILED, error=str(error), scope=error.scope or None)
        )
    except Exception as error:
        # An error in our own code: it must not stop the other events of the batch.
        # Its text may quote the body: the event's page has it, and the log the place.
        log.error("event_unreadable", event_id=event.id, **describe_place(error))
        return _judge(event, ProcessingOutcome(event.id, Verdict.FAILED, error=_summarize(error)))
    return mapped if mapped.known else _judge(event, _outcome(mapped, Verdict.IGNORED))


def _judge(event: StoredEvent, outcome: ProcessingOutcome) -> ProcessingOutcome:
    """Return the outcome, which is final; a failure instead, if the vendor's module has changed on disk."""
    try:
        require_current(event.vendor)
    except UnusableVendor as error:
        return _fail_until_restart(event, error)
    return outcome


def _fail_until_restart(event: StoredEvent, error: UnusableVendor) -> ProcessingOutcome:
    """Return a failure that is tried again: a process that was started later can read the event."""
    reason = f"this process {error.problem}: restart the workers"
    return ProcessingOutcome(event.id, Verdict.FAILED, error=reason, retry=True)


def _apply_or_bisect(mapped: Sequence[MappedEvent], *, is_schema_current: bool) -> list[ProcessingOutcome]:
    if not mapped:
        return []
    try:
        with transaction.atomic():
            warnings = apply_mapped_events(mapped)
    except Exception as error:
        if is_transient(error) or (not is_schema_current and is_schema_error(error)):
            raise
        if len(mapped) > 1:
            middle = len(mapped) // 2
            halves = (mapped[:middle], mapped[middle:])
            return [
                outcome
                for half in halves
                for outcome in _apply_or_bisect(half, is_schema_current=is_schema_current)
            ]
        log.warning("event_not_applied", event_id=mapped[0].event.id, **describe_place(error))
        return [_outcome(mapped[0], Verdict.FAILED, error=_summarize(error), retry=True)]
    return [_outcome(event, Verdict.APPLIED, warnings=warnings.get(event.event.id, ())) for event in mapped]


def _outcome(
    mapped: MappedEvent,
    verdict: Verdict,
    error: str = "",
    *,
    retry: bool = False,
    warnings: Iterable[str] = (),
) -> ProcessingOutcome:
    """Return an event's outcome. warnings: those that came up after its mapping."""
    envelopes = mapped.envelopes
    return ProcessingOutcome(
        mapped.event.id,
        verdict,
        (*mapped.warnings, *warnings),
        error,
        retry,
        envelopes.event_type,
        format_utc(envelopes.occurred_at),
        mapped.scope or None,
    )


def _summarize(error: Exception) -> str:
    """Return the error's class and first line: what follows may quote the event's values."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:MAX_ERROR_LENGTH]

"""Settles a batch of events: maps each, applies what can be applied, and says what became of each.

A batch that cannot be applied as a whole is split until the one event that is at fault is alone:
that one has failed, the others are applied.
"""

from collections.abc import Sequence

import structlog
from django.db import transaction

from crmmirror.lib.transient_errors import is_transient
from crmmirror.lib.utc import format_utc
from entities.reading.envelope import Malformed
from entities.reading.mapper import MappedEvent, Unmappable, map_event
from entities.stored_events import ProcessingOutcome, StoredEvent, Verdict
from entities.vendors import UnknownVendor
from entities.writing.apply import apply_mapped_events

log = structlog.get_logger(__name__)


def process_batch(events: Sequence[StoredEvent]) -> list[ProcessingOutcome]:
    """The outcome of each event. Raises django.db.Error where a fault is transient: nothing is written."""
    outcomes: list[ProcessingOutcome] = []
    mapped: list[MappedEvent] = []
    for event in events:
        read = _read(event)
        if isinstance(read, ProcessingOutcome):
            outcomes.append(read)
        else:
            mapped.append(read)
    return outcomes + _apply(mapped)


def _read(event: StoredEvent) -> MappedEvent | ProcessingOutcome:
    try:
        mapped = map_event(event)
    except Malformed as error:
        return ProcessingOutcome(event.id, Verdict.MALFORMED, error=str(error))
    except (Unmappable, UnknownVendor) as error:
        return ProcessingOutcome(event.id, Verdict.FAILED, error=str(error))
    except Exception as error:
        # One event that nobody foresaw must not stop the others.
        log.exception("event_unreadable", event_id=event.id)
        return ProcessingOutcome(event.id, Verdict.FAILED, error=_words(error))
    return mapped if mapped.known else _outcome(mapped, Verdict.IGNORED)


def _apply(mapped: Sequence[MappedEvent]) -> list[ProcessingOutcome]:
    if not mapped:
        return []
    try:
        with transaction.atomic():
            apply_mapped_events(mapped)
    except Exception as error:
        if is_transient(error):
            raise
        if len(mapped) > 1:
            half = len(mapped) // 2
            return _apply(mapped[:half]) + _apply(mapped[half:])
        log.warning("event_refused", event_id=mapped[0].event.id, error=_words(error))
        return [_outcome(mapped[0], Verdict.FAILED, error=_words(error), retry=True)]
    return [_outcome(read, Verdict.APPLIED) for read in mapped]


def _outcome(
    read: MappedEvent, verdict: Verdict, error: str = "", *, retry: bool = False
) -> ProcessingOutcome:
    envelope = read.envelope
    return ProcessingOutcome(
        read.event.id,
        verdict,
        read.warnings,
        error,
        retry,
        envelope.event_type,
        format_utc(envelope.occurred_at),
    )


def _words(error: Exception) -> str:
    """The error's first line: what follows may quote the event's values."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:500]

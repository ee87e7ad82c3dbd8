"""Settles a batch of events: maps each, applies what can be applied, and says what became of each.

A batch that cannot be applied as a whole is split until the one event that is at fault is alone:
that one has failed, the others are applied.
"""

from collections.abc import Sequence

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, transaction

from entities.apply import apply
from entities.converters import iso
from entities.envelope import Malformed
from entities.log import Outcome, StoredEvent, Verdict
from entities.mapping import Mapped, Unmappable, map_event
from entities.vendors import UnknownVendor

log = structlog.get_logger(__name__)

# SQLSTATE classes that say nothing about the event: connection, rollback (deadlock), resources,
# operator's intervention, system error. https://www.postgresql.org/docs/current/errcodes-appendix.html
TRANSIENT_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58"})


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed on another try, as after a deadlock or a lost connection.

    A connection that is known to be lost raises InterfaceError, which is no DatabaseError.
    """
    if isinstance(error, InterfaceError):
        return True
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    if not isinstance(cause, psycopg.Error):
        return isinstance(error, DatabaseError)
    state = cause.sqlstate
    return isinstance(cause, psycopg.OperationalError) if state is None else state[:2] in TRANSIENT_CLASSES


def settle(events: Sequence[StoredEvent]) -> list[Outcome]:
    """The outcome of each event. Raises django.db.Error where a fault is transient: nothing is written."""
    outcomes: list[Outcome] = []
    mapped: list[Mapped] = []
    for event in events:
        read = _read(event)
        if isinstance(read, Outcome):
            outcomes.append(read)
        else:
            mapped.append(read)
    return outcomes + _apply(mapped)


def _read(event: StoredEvent) -> Mapped | Outcome:
    try:
        mapped = map_event(event)
    except Malformed as error:
        return Outcome(event.id, Verdict.MALFORMED, error=str(error))
    except (Unmappable, UnknownVendor) as error:
        return Outcome(event.id, Verdict.FAILED, error=str(error))
    except Exception as error:
        # One event that nobody foresaw must not stop the others.
        log.exception("event_unreadable", event_id=event.id)
        return Outcome(event.id, Verdict.FAILED, error=_words(error))
    return mapped if mapped.known else _outcome(mapped, Verdict.IGNORED)


def _apply(mapped: Sequence[Mapped]) -> list[Outcome]:
    if not mapped:
        return []
    try:
        with transaction.atomic():
            apply(mapped)
    except Exception as error:
        if is_transient(error):
            raise
        if len(mapped) > 1:
            half = len(mapped) // 2
            return _apply(mapped[:half]) + _apply(mapped[half:])
        log.warning("event_refused", event_id=mapped[0].event.id, error=_words(error))
        return [_outcome(mapped[0], Verdict.FAILED, error=_words(error), retry=True)]
    return [_outcome(read, Verdict.APPLIED) for read in mapped]


def _outcome(read: Mapped, verdict: Verdict, error: str = "", *, retry: bool = False) -> Outcome:
    envelope = read.envelope
    return Outcome(
        read.event.id,
        verdict,
        read.warnings,
        error,
        retry,
        envelope.event_type,
        iso(envelope.occurred_at),
    )


def _words(error: Exception) -> str:
    """The error's first line: what follows may quote the event's values."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:500]

"""Folds events into the baseline, so that their bodies can be removed. Idempotent."""

from collections import defaultdict
from collections.abc import Sequence

import structlog

from entities.baseline.kept_registers import kept_registers
from entities.baseline.stored_entries import (
    Entry,
    delete_entries,
    read_loose_entries,
    show_entries,
    write_entries,
)
from entities.merge.pruning_rule import prune_writes
from entities.models.introspection import record_models_by_name
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import MappedEvent, Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent, Verdict
from entities.vendors import UnusableVendor, require_current
from entities.writing.source_statement import SourceKey

log = structlog.get_logger(__name__)


def fold_into_baseline(events: Sequence[tuple[StoredEvent, Verdict]]) -> list[int]:
    """Fold what these events say into the baseline, in the caller's transaction; return their ids.

    events: each with its status. One of which today's mapping makes something else than its status says is
    left out: a rebuild, or applying it again, has to set that right while its body is there. Nobody else may
    write the baseline meanwhile. Raises django.db.Error.
    """
    mapped = [read for event, verdict in events if (read := _read_as(event, verdict))]
    said = [
        Entry((read.event.source_id, statement.key), statement.clock, read.event.id, statement.writes)
        for read in mapped
        for statement in read.statements
        if read.known
    ]
    _merge(said)
    return [read.event.id for read in mapped]


def _read_as(event: StoredEvent, verdict: Verdict) -> MappedEvent | None:
    """Return what the event says; None if it is not what a verdict `applied` or `ignored` stands for."""
    try:
        require_current(event.vendor)
        mapped = map_event(event)
    except (UnusableVendor, Malformed, Unmappable):
        return None
    except Exception:
        # An error in our own code: it must not stop the other events of the batch.
        log.exception("event_not_pruned", event_id=event.id)
        return None
    return mapped if mapped.known == (verdict == Verdict.APPLIED) else None


def _merge(said: Sequence[Entry]) -> None:
    """Join the entries with those that the baseline has of their records, and write what is kept of both."""
    stored: dict[SourceKey, dict[str, Entry]] = defaultdict(dict)
    for entry in read_loose_entries({entry.key for entry in said}):
        stored[entry.key][entry.clock] = entry
    new: dict[SourceKey, dict[str, Entry]] = defaultdict(dict)
    for entry in said:
        new[entry.key][entry.clock] = entry
    written, changed, gone = [], [], []
    for key, entries in new.items():
        together = stored[key] | entries
        pruned = prune_writes(
            {clock: entry.writes for clock, entry in together.items()},
            kept_registers(record_models_by_name()[key[1].model]),
        )
        for clock, writes in pruned.items():
            entry = Entry(key, clock, together[clock].event_id, writes)
            is_changed = writes != together[clock].writes
            # What keeps all its writes is shown in the timeline as it is.
            changed += [entry] * is_changed
            written += [entry] * (is_changed or clock in entries)
        gone += [entry for clock, entry in together.items() if clock not in pruned]
    delete_entries(gone)
    write_entries(written)
    show_entries(changed)

"""Exports the log as an archive, in constant memory and as one snapshot shows it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from crmmirror.lib.database.snapshots import read_snapshot
from entities.audit import Actor, can_be_audited, write_audit_entry
from entities.models import AuditAction
from events.archive.archive_fields import EVENT_FIELDS, Unreadable
from events.archive.archive_files import UnusableArchive, read_archive, write_archive
from events.archive.archive_lines import (
    ArchivedEvent,
    ArchiveHeader,
    ExportLimits,
    decode_header,
    decode_line,
    encode_end,
    encode_event,
    encode_header,
)
from events.archive.log_mark import (
    MANIFEST_FILE,
    LogMark,
    UnusableMark,
    parse_mark,
    require_same_log,
    take_mark,
)
from events.models import Event, Source
from events.processing.claim import MAX_BATCH_EVENTS, limit_bytes
from events.sources.registry import get_source

FIND_EVENTS = """
    SELECT event.id, octet_length(body) FROM events_event event
    WHERE event.id > %(after)s AND event.pruned_at IS NULL AND {condition} ORDER BY event.id LIMIT %(limit)s
"""
COUNT_PRUNED = """
    SELECT count(*) FROM events_event event
    WHERE event.id > %(after)s AND event.pruned_at IS NOT NULL AND {condition}
"""
LACKS_PRUNED = (
    "{count} of these events are pruned: an archive has no body of theirs, and not what the mirror keeps of"
    " them, so a mirror that is made of it lacks what they said. To move or copy the mirror, use backup and"
    " restore; for an archive of the other events, add --without-pruned"
)
# Limit of an export -> the SQL condition on an event.
CONDITIONS = {
    "sources": "source_id IN (SELECT id FROM events_source WHERE slug = ANY(%(sources)s))",
    "since": "received_at >= %(since)s",
    "until": "received_at < %(until)s",
}
# Field of an archived event -> its path from the log.
PATHS = {name: "source__slug" if name == "source" else name for name in EVENT_FIELDS}


class PrunedEvents(Exception):
    """The log has pruned events, which no archive can have; the message says how many, and what to do."""


@dataclass(frozen=True)
class ExportedLog:
    """The counts of an export. pruned: how many events were left out because they have no body."""

    events: int
    pruned: int


def export_log(
    path: Path,
    limits: ExportLimits,
    start: LogMark | None,
    *,
    compress: bool,
    progress: Callable[[int], object],
    actor: Actor,
    without_pruned: bool = False,
) -> ExportedLog:
    """Write the events within the limits to an archive; return how many.

    start: of the archive or backup that this one goes on from; None for all events. progress: is called with
    the number of events since its last call. actor: of the audit entry, without which no archive is whole.
    without_pruned: leave pruned events out, instead of raising PrunedEvents for them. Raises
    UnusableArchive, UnusableMark and events.sources.registry.UnknownSource.
    """
    if start:
        require_same_log(start)
    after = start.through_id if start else 0
    mark = take_mark(after)
    count = 0
    with write_archive(path, compress=compress) as file:
        # The sources are of the snapshot too: an import refuses events of one that the header lacks.
        with read_snapshot():
            vendors, pruned = _read_vendors(limits), _count_pruned(limits, after)
            if pruned and not without_pruned:
                raise PrunedEvents(LACKS_PRUNED.format(count=pruned))
            header = ArchiveHeader(vendors, limits.to_json(), mark, pruned)
            file.write(encode_header(header, datetime.now(UTC)))
            for batch in _read_batches(after, limits):
                file.writelines(map(encode_event, batch))
                count += len(batch)
                progress(len(batch))
        if can_be_audited():
            given = {name: value for name, value in limits.to_json().items() if value}
            write_audit_entry(actor, AuditAction.LOG_EXPORTED, Event, events=count, file=str(path), **given)
        file.write(encode_end(count))
    return ExportedLog(count, pruned)


def _count_pruned(limits: ExportLimits, after: int) -> int:
    """Return how many events within the limits have no body that an archive could have."""
    condition, values = _condition(limits)
    return int(fetch_value(COUNT_PRUNED.format(condition=condition), after=after, **values))


def _read_vendors(limits: ExportLimits) -> dict[str, str]:
    """Return slug -> vendor of the sources within the limits."""
    if limits.sources:
        return {slug: get_source(slug).vendor for slug in limits.sources}
    return dict(Source.objects.values_list("slug", "vendor"))


def read_start(path: Path, limits: ExportLimits) -> LogMark:
    """Return the mark of an archive, or of a backup's directory, that the next archive is to go on from.

    Raises UnusableArchive if it was cut, UnusableMark if its limits are others. A backup has no limits.
    """
    if path.is_dir():
        return _read_backup_mark(path)
    with read_archive(path) as lines:
        place, line = next(lines, (f"{path}:1", b""))
        try:
            header = decode_header(line)
        except Unreadable as error:
            raise UnusableArchive(f"{place} {error}") from None
        for _, line in lines:  # noqa: B007
            pass
    require_end(path, line)
    if header.limits != limits.to_json():
        raise UnusableMark(f"its limits are others ({_describe(header)}): give the same ones")
    return header.mark


def _read_backup_mark(directory: Path) -> LogMark:
    try:
        return parse_mark(json.loads((directory / MANIFEST_FILE).read_bytes())["mark"])
    except OSError as error:
        raise UnusableArchive(f"{directory / MANIFEST_FILE}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise UnusableArchive(f"{directory / MANIFEST_FILE} is not that of a backup") from None


def require_end(path: Path, last_line: bytes) -> int:
    """Return the number of events that the last line of an archive says. Raises UnusableArchive."""
    try:
        end = decode_line(last_line)
    except Unreadable:
        end = None
    if not isinstance(end, int):
        raise UnusableArchive(f"{path} was cut: its last line is not an end")
    return end


def _describe(header: ArchiveHeader) -> str:
    return ", ".join(f"{name} {value}" for name, value in header.limits.items() if value) or "none"


def _read_batches(after: int, limits: ExportLimits) -> Iterator[list[ArchivedEvent]]:
    """Yield the events in the order of their ids: some at a time, whose bodies fit into memory."""
    condition, values = _condition(limits)
    statement = FIND_EVENTS.format(condition=condition)
    while ids := list(limit_bytes(fetch_rows(statement, after=after, limit=MAX_BATCH_EVENTS, **values))):
        rows = Event.objects.filter(pk__in=ids).order_by("pk").values_list(*PATHS.values())
        yield [ArchivedEvent(**dict(zip(PATHS, row, strict=True))) for row in rows]
        after = ids[-1]


def _condition(limits: ExportLimits) -> tuple[str, dict[str, Any]]:
    """Return the limits as an SQL condition, and the values of its parameters."""
    values = {"sources": list(limits.sources), "since": limits.since, "until": limits.until}
    return " AND ".join(sql for name, sql in CONDITIONS.items() if values[name]) or "true", values

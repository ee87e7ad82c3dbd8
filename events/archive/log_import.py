"""Imports an archive into the log: idempotent, in batches, each of which is a transaction of its own."""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmmirror.lib.database.cursors import fetch_rows
from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from events.archive.archive_fields import EVENT_FIELDS, Unreadable
from events.archive.archive_files import UnusableArchive, read_archive
from events.archive.archive_lines import ArchivedEvent, ArchiveHeader, decode_header, decode_line
from events.ingest.new_event import EVENT_COLUMNS, encode_rows
from events.models import Event, Source
from events.processing.claim import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from events.sources.registry import UnknownSource, get_source
from events.withholding.mark_store import read_generation

LOG, SOURCES = Event._meta.db_table, Source._meta.db_table
LACKS_PRUNED = (
    "the archive lacks {count} events, which were pruned where it was made: this mirror would lack what they"
    " said. To move or copy a mirror, use backup there and restore here; to import the other events, add"
    " --without-pruned"
)
# What a worker is to do again, because it writes the records too. Whatever else became of an event stays so.
TO_BE_APPLIED = (Event.Status.APPLIED, Event.Status.IGNORED)
# The columns of an event that is to be applied again. Its attempts are counted anew: those that succeeded are
# no reason to give up.
ANEW: Mapping[str, object] = {
    "status": Event.Status.PENDING.value,
    "attempts": 0,
    "next_attempt_at": None,
    "settled_at": None,
}
# The columns that an import fills, and their types: those of a new event, and the outcome.
COLUMN_TYPES = EVENT_COLUMNS | {
    "scope": "text",
    "attempts": "integer",
    "next_attempt_at": "timestamptz",
    "reapplied_at": "timestamptz",
    "origin": "text",
}
# Ids are given in the order of the archive, which is that of the log. The rows are inserted in the order of
# the unique key, so that no two transactions wait for each other (deadlock). What is stored is left out
# first: it would take an id for nothing.
INSERT = f"""
    WITH incoming AS MATERIALIZED (
        SELECT new.*, nextval(pg_get_serial_sequence('{LOG}', 'id')) AS id FROM (
            SELECT *
            FROM json_to_recordset(%s::json)
                AS new (place integer, {", ".join(map(" ".join, COLUMN_TYPES.items()))})
            WHERE NOT EXISTS (
                SELECT FROM {LOG} held WHERE held.source_id = new.source_id AND held.digest = new.digest
            )
            ORDER BY place
        ) AS new
    )
    INSERT INTO {LOG} (id, {", ".join(COLUMN_TYPES)}) SELECT id, {", ".join(COLUMN_TYPES)} FROM incoming
    ORDER BY source_id, digest ON CONFLICT (source_id, digest) DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class ImportedBatch:
    """The counts of a batch: its events, and those of them that the log did not have yet."""

    events: int
    stored: int


def import_archive(
    path: Path, into: Source | None, actor: Actor, *, without_pruned: bool = False
) -> Iterator[ImportedBatch]:
    """Store the events of an archive that the log does not have, batch by batch.

    Each batch is committed before it is yielded, so a second run goes on where the first one was cut. An
    event that was applied or ignored is pending again; any other keeps its state.

    into: the source that gets the events, whatever its slug in the archive; None for the sources of their
        slugs. actor: of the audit entry, which is written before the first event.
    without_pruned: take an archive that lacks events that were pruned. Raises UnusableArchive, also at the
        end, if the archive was cut.
    """
    with read_archive(path) as lines:
        place, line = next(lines, (f"{path}:1", b""))
        header = _read_header(place, line)
        if header.pruned and not without_pruned:
            raise UnusableArchive(f"{place}: {LACKS_PRUNED.format(count=header.pruned)}")
        sources = _find_sources(place, header.sources, into)
        write_audit_entry(actor, AuditAction.LOG_IMPORTED, into or Event, files=[str(path)])
        counted, size, end = 0, 0, None
        batch: list[ArchivedEvent] = []
        for place, line in lines:
            content = _decode(place, line)
            if isinstance(content, int):
                end = content
                break
            if content.source not in sources:
                raise UnusableArchive(
                    f"{place} is of the source {content.source!r}, which the first line lacks"
                )
            batch.append(content)
            size += len(content.body)
            if len(batch) == MAX_BATCH_EVENTS or size > MAX_BATCH_BYTES:
                yield _store(batch, sources)
                counted += len(batch)
                batch, size = [], 0
        yield _store(batch, sources)
        counted += len(batch)
    if end != counted:
        said = "has no end" if end is None else f"should have {end} events"
        raise UnusableArchive(
            f"{path} {said} and has {counted}: it was cut. They are stored; export it again"
        )


def _read_header(place: str, line: bytes) -> ArchiveHeader:
    """Raises UnusableArchive."""
    try:
        return decode_header(line)
    except Unreadable as error:
        raise UnusableArchive(f"{place} {error}") from None


def _find_sources(place: str, vendors: Mapping[str, str], into: Source | None) -> dict[str, Source]:
    """Return slug in the archive -> the source that gets its events. Raises UnusableArchive."""
    if into and len(vendors) != 1:
        raise UnusableArchive(
            f"{place}: the archive is of {', '.join(vendors) or 'no source'}: import it with --log, or export"
            " one source"
        )
    try:
        sources = {slug: into or get_source(slug) for slug in vendors}
    except UnknownSource as error:
        raise UnusableArchive(f"{place}: {error}; create it first (manage.py create_source)") from None
    for slug, vendor in vendors.items():
        if sources[slug].vendor != vendor:
            raise UnusableArchive(
                f"{place}: {slug} is of the vendor {vendor}, and the source {sources[slug].slug} of"
                f" {sources[slug].vendor}"
            )
    return sources


def _decode(place: str, line: bytes) -> ArchivedEvent | int:
    try:
        return decode_line(line)
    except Unreadable as error:
        raise UnusableArchive(
            f"{place} {error}; correct it and import again: nothing is stored twice"
        ) from None


def _store(batch: Sequence[ArchivedEvent], sources: dict[str, Source]) -> ImportedBatch:
    # What nobody has applied may name somebody who was erased: a worker looks first.
    pending = tuple(Event.Status) if read_generation() else TO_BE_APPLIED
    rows = [
        {"place": place} | _make_row(event, sources[event.source].pk, pending)
        for place, event in enumerate(batch)
    ]
    return ImportedBatch(len(batch), len(fetch_rows(INSERT, encode_rows(rows))) if rows else 0)


def _make_row(event: ArchivedEvent, source_id: int, pending: Container[str]) -> dict[str, object]:
    columns = {name: getattr(event, name) for name in EVENT_FIELDS if name != "source"}
    if event.status in pending:
        columns |= ANEW
    return columns | {"source_id": source_id, "digest": hashlib.sha256(event.body).digest()}

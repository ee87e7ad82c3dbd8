"""The digest of the log: equal for equal logs on any machine, whatever the ids of their rows are.

It covers what cannot be made again, and what shows that an event was applied. Left out are ids, which an
import gives anew; the ciphertexts of secrets, which another key changes; and the times and the number of the
mirror's own attempts, which an event that is applied once more gets anew.
"""

import hashlib
from dataclasses import dataclass

from django.db import connection

from crmmirror.lib.database.snapshots import read_snapshot
from entities.models import BaselineEntry, TimelineEntry
from entities.models.introspection import model_name, record_models
from events.models import Event, Source, SourceSecret

# Raise it when what the digest covers changes: digests of two versions cannot be compared.
DIGEST_VERSION = 3
ROWS_PER_FETCH = 10_000

LOG, SOURCES, SECRETS = (model._meta.db_table for model in (Event, Source, SourceSecret))
# Section -> the SELECT of one JSON value a row. JSON of PostgreSQL's is the same on every machine, and the
# times in it are in UTC, as in all sessions of Django's.
SELECT_SOURCES = f"""
    SELECT to_jsonb(source) - 'id' || jsonb_build_object('secrets', (
        SELECT coalesce(jsonb_agg(jsonb_build_array(created_at, expires_at) ORDER BY created_at, id), '[]')
        FROM {SECRETS} WHERE source_id = source.id
    )) AS content FROM {SOURCES} source
"""
SELECT_EVENTS = f"""
    SELECT jsonb_build_array(slug, encode(digest, 'hex'), encode(sha256(body), 'hex'), headers, event_type,
        occurred_at, received_at, scope, status, warnings, error, origin) AS content
    FROM {LOG} event JOIN {SOURCES} source ON source.id = event.source_id
"""
SELECT_BASELINE = f"""
    SELECT jsonb_build_array(slug, record_type, entry.scope, external_id,
        regexp_replace(clock, '[0-9]+(\\.[0-9]+)?$', '\\1'), encode(digest, 'hex'), writes, unreadable)
        AS content
    FROM {BaselineEntry._meta.db_table} entry
    JOIN {LOG} event ON event.id = entry.event_id JOIN {SOURCES} source ON source.id = entry.source_id
"""
SELECT_TIMELINE = f"""
    SELECT jsonb_build_array('{{name}}', slug, record.scope, external_id, clock, wrote, encode(digest, 'hex'))
        AS content
    FROM {TimelineEntry._meta.db_table} entry
    LEFT JOIN "{{table}}" record ON record.id = entry.record_id
    LEFT JOIN {LOG} event ON event.id = entry.event_id
    LEFT JOIN {SOURCES} source ON source.id = event.source_id
    WHERE entry.record_type = '{{name}}'
"""
# The rows are put in the order of their hashes: a key of 32 bytes, which the database sorts on its disk.
HASHED = "SELECT sha256(convert_to(content::text, 'UTF8')) AS hash FROM ({rows}) AS section ORDER BY hash"


@dataclass(frozen=True)
class SectionDigest:
    """The digest of a part of the log. rows: how many it covers. digest: SHA-256, in hex."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True)
class LogDigest:
    """The digest of the log. digest: over all sections, in hex."""

    digest: str
    sections: tuple[SectionDigest, ...]


def compute_log_digest() -> LogDigest:
    """Return the digest of the log as one snapshot shows it; in constant memory."""
    with read_snapshot():
        sections = tuple(_digest_section(name, rows) for name, rows in _sections().items())
    lines = "".join(f"{section.name} {section.digest}\n" for section in sections)
    return LogDigest(hashlib.sha256(lines.encode()).hexdigest(), sections)


def _sections() -> dict[str, str]:
    timeline = (
        SELECT_TIMELINE.format(name=model_name(model), table=model._meta.db_table)
        for model in record_models()
    )
    return {
        "sources": SELECT_SOURCES,
        "events": SELECT_EVENTS,
        "baseline": SELECT_BASELINE,
        "timeline": " UNION ALL ".join(timeline),
    }


def _digest_section(name: str, rows: str) -> SectionDigest:
    digest, count = hashlib.sha256(), 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(HASHED.format(rows=rows))
        while hashes := cursor.fetchmany(ROWS_PER_FETCH):
            digest.update(b"".join(row[0] for row in hashes))
            count += len(hashes)
    return SectionDigest(name, count, digest.hexdigest())

"""The archive of a log: JSON lines, the first a header, the last an end. Pure.

    {"format": "crmmirror-log", "version": 2, "sources": {slug: vendor}, "limits": {…}, "mark": {…}, …}
    {"source": "sales", "received_at": …, "body": "base64", …}
    {"end": 1}

Each event is a line with the fields of EVENT_FIELDS. A reader skips fields that it does not know, so that a
later version may add some; what an older reader would get wrong is a new version, which it refuses. The end
has the number of events, so that an archive that was cut does not look whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from events.archive.archive_fields import DEFAULTS, EVENT_FIELDS, TIME, Unreadable
from events.archive.log_mark import LogMark, UnusableMark, parse_mark

FORMAT = "crmmirror-log"
VERSION = 2
END = "end"


@dataclass(frozen=True)
class ArchivedEvent:
    """An event of an archive. The fields have the meaning of those of `events.models.Event`.

    source: the slug of its source.
    """

    source: str
    received_at: datetime
    body: bytes
    headers: dict[str, str]
    event_type: str
    occurred_at: datetime
    scope: str | None
    status: str
    warnings: list[str]
    error: str
    attempts: int
    next_attempt_at: datetime | None
    settled_at: datetime | None
    reapplied_at: datetime | None
    origin: str


@dataclass(frozen=True)
class ExportLimits:
    """The filters of an archive. sources: slugs, sorted; all if empty. since, until: times of receipt."""

    sources: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        times = {"since": self.since, "until": self.until}
        return {
            "sources": list(self.sources),
            **{name: moment and moment.astimezone(UTC).isoformat() for name, moment in times.items()},
        }


@dataclass(frozen=True)
class ArchiveHeader:
    """The first line. sources: slug -> vendor. limits: as ExportLimits has them in JSON.

    pruned: how many events within the limits the archive lacks, because their bodies had been removed.
    """

    sources: Mapping[str, str]
    limits: Mapping[str, Any]
    mark: LogMark
    pruned: int = 0


def is_header(line: bytes) -> bool:
    """Return True if a file that begins with this line is an archive of a log, of whatever version."""
    content = _parse_object(line)
    return content is not None and content.get("format") == FORMAT


def encode_header(header: ArchiveHeader, exported_at: datetime) -> bytes:
    return _encode(
        {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": TIME.write(exported_at),
            "sources": dict(header.sources),
            "limits": header.limits,
            "mark": header.mark.to_json(),
            "pruned": header.pruned,
        }
    )


def decode_header(line: bytes) -> ArchiveHeader:
    """Raises Unreadable."""
    match _parse_object(line):
        case {"format": "crmmirror-log", "version": int(version)} if version > VERSION:
            raise Unreadable(f"has version {version} of the format, this mirror reads {VERSION}: upgrade it")
        case {
            "format": "crmmirror-log",
            "version": int(),
            "sources": dict(sources),
            "limits": dict(limits),
            "mark": mark,
            **others,
        }:
            return ArchiveHeader(sources, limits, _read_mark(mark), _read_pruned(others))
    raise Unreadable("is not the first line of an archive that export_events wrote")


def encode_event(event: ArchivedEvent) -> bytes:
    return _encode({name: one.write(getattr(event, name)) for name, one in EVENT_FIELDS.items()})


def encode_end(count: int) -> bytes:
    return _encode({END: count})


def decode_line(line: bytes) -> ArchivedEvent | int:
    """Return the event of a line; of the last line the number of events. Raises Unreadable."""
    content = _parse_object(line)
    if content is None:
        raise Unreadable("is not a JSON object")
    match content:
        case {"end": int(count)}:
            return count
    return ArchivedEvent(**{name: _read_field(content, name) for name in EVENT_FIELDS})


def _read_mark(content: Any) -> LogMark:
    try:
        return parse_mark(content)
    except UnusableMark as error:
        raise Unreadable(f"cannot be used: {error}") from None


def _read_pruned(others: Mapping[object, Any]) -> int:
    """Return the number of pruned events; 0 of an archive from before there were any."""
    pruned = others.get("pruned", 0)
    if not isinstance(pruned, int):
        raise Unreadable("does not say how many pruned events it lacks")
    return pruned


def _read_field(content: dict[str, Any], name: str) -> Any:
    if name not in content and name in DEFAULTS:
        return DEFAULTS[name]
    if name not in content:
        raise Unreadable(f"has no {name}")
    try:
        return EVENT_FIELDS[name].read(content[name])
    except Unreadable as error:
        raise Unreadable(f"{name} {error}") from None


def _encode(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _parse_object(line: bytes) -> dict[str, Any] | None:
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None

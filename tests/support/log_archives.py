"""Archives of the log: events that are hard to carry, the commands, and an emptied mirror."""

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import call_command

from crmmirror.lib.database.cursors import execute
from entities.shadow.digest import mirror_digest
from entities.writing.words.write_words import WrittenWords
from entities.writing.write_names import WrittenNames
from events.archive.log_digest import compute_log_digest
from events.ingest.store import store_event
from events.models import Event, Source
from events.processing import drain
from events.processing.drain import drain_backlog
from tests.support.rebuild_helpers import list_compared_models

RECEIVED_AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
DEAL = {"event": "deal.updated", "payload": {"id": "d1", "title": "Odd"}}
# Bodies that a careless archive would spoil.
ODD_BODIES = {
    "line breaks": json.dumps(DEAL, indent=2).replace("\n", "\r\n").encode(),
    "line separators": json.dumps(DEAL | {"x": "\u2028\x85"}, ensure_ascii=False).encode(),
    "no time": json.dumps(DEAL | {"payload": {"id": "d2", "title": "No time"}}).encode(),
    "a future time": json.dumps(DEAL | {"timestamp": "2099-01-01T00:00:00Z"}).encode(),
    "UTF-16": json.dumps(DEAL).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(DEAL).encode(),
    "an escaped NUL": json.dumps(DEAL | {"payload": {"id": "d3", "title": "a\0b"}}).encode(),
    "bytes of no text": bytes(range(256)),
    "NULs": b"\0\0\n\0",
    "white space": b" \n",
    "no record": json.dumps({"event": "deal.updated", "payload": {"title": "of nothing"}}).encode(),
    "an unknown type": json.dumps({"event": "moon.landed", "payload": {"id": "m1"}}).encode(),
}
HEADERS = {"content-type": "application/json; charset=é", "user-agent": 'x"\\', "webhook-id": "msg_1"}


@dataclass(frozen=True)
class Digests:
    """The digests of a mirror and of the sections of its log."""

    mirror: str
    sections: dict[str, str]


def read_digests() -> Digests:
    sections = {section.name: section.digest for section in compute_log_digest().sections}
    return Digests(mirror_digest(), sections)


def store_odd_events(source: Source) -> None:
    """Store an event of each of ODD_BODIES, a second apart."""
    for number, body in enumerate(ODD_BODIES.values()):
        store_event(source, body, HEADERS, RECEIVED_AT + timedelta(seconds=number))


def make_malformed_event(source: Source, number: int) -> Event:
    """Make an event of some kilobytes that is not stored yet, another one for each number."""
    body = f"{number} ".encode() * 500
    return Event(
        source=source,
        body=body,
        digest=hashlib.sha256(body).digest(),
        occurred_at=RECEIVED_AT,
        received_at=RECEIVED_AT,
        status="malformed",
    )


def forget_written() -> None:
    """Forget what this process has written: a mirror's processes know one database from their start on."""
    drain.WRITTEN_WORDS, drain.WRITTEN_NAMES = WrittenWords(), WrittenNames()


def empty_mirror() -> None:
    """Remove all events and records; the sources stay."""
    forget_written()
    tables = ", ".join(f'"{model._meta.db_table}"' for model in list_compared_models())
    execute(f"TRUNCATE {tables} CASCADE")


def export_events(path: Path, *arguments: str) -> str:
    """Run the command; return what it says on the standard error."""
    error = io.StringIO()
    call_command("export_events", str(path), *arguments, stderr=error)
    return error.getvalue()


def import_log(*paths: Path) -> str:
    """Run `import_events --log`; return what it prints."""
    output = io.StringIO()
    call_command("import_events", "--log", *map(str, paths), stdout=output, stderr=io.StringIO())
    return output.getvalue()


def replay(*paths: Path) -> None:
    """Import archives, and apply what is pending."""
    import_log(*paths)
    drain_backlog()


def read_bodies() -> list[bytes]:
    """Return the stored bodies, in the order of the log."""
    return [bytes(body) for body in Event.objects.order_by("id").values_list("body", flat=True)]


def read_lines(path: Path) -> list[dict]:
    """Return the lines of an archive that is not compressed."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def write_lines(path: Path, lines: list[dict]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path

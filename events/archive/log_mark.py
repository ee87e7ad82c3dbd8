"""Marks: up to which event an archive or a backup has the log, so that the next archive can begin there.

Events are told apart by their ids, and not by `received_at`: ids are given in the order in which events are
stored, while an import stores events that were received long ago, and a delivery may be stored some seconds
after its receipt. Ids alone would lose late commits, since an id is given before the commit. So a mark is
taken in two steps: read the greatest id that is visible, then wait for the transactions that are writing to
the log at that moment, as CREATE INDEX CONCURRENTLY does. All smaller ids are visible to whoever looks
afterwards.
"""

import time
from dataclasses import dataclass
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows, fetch_value
from events.models import Event

LOG = Event._meta.db_table
# The file of a backup's directory that has the mark of its moment, under `mark`.
MANIFEST_FILE = "manifest.json"
# A delivery's transaction takes milliseconds, a worker's a second.
MAX_WAIT_SECONDS = 60
POLL_SECONDS = 0.05
# Differs for each table that there ever was: also for that of a dump that was restored.
READ_LOG_ID = f"""
    SELECT md5(concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()), '{LOG}'::regclass::oid))
"""
READ_GREATEST_ID = f"SELECT coalesce(max(id), 0) FROM {LOG}"
# A transaction takes this lock before it asks for an id, and keeps it to its end.
READ_WRITERS = f"""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = '{LOG}'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
"""


class UnusableMark(Exception):
    """An archive cannot begin after a mark; the message says why, and what to do."""


@dataclass(frozen=True)
class LogMark:
    """A place in a log. log_id: which log; through_id: all events with smaller or equal ids are before it."""

    log_id: str
    through_id: int

    def to_json(self) -> dict[str, Any]:
        return {"log": self.log_id, "through_id": self.through_id}


def parse_mark(content: Any) -> LogMark:
    """Return the mark that `to_json` wrote. Raises UnusableMark."""
    match content:
        case {"log": str(log_id), "through_id": int(through_id)}:
            return LogMark(log_id, through_id)
    raise UnusableMark("it does not say up to which event it has the log")


def take_mark(start: int = 0) -> LogMark:
    """Return the mark of the log as it is; read the log after this, in a snapshot that begins later.

    start: what counts if a transaction goes on writing for MAX_WAIT_SECONDS, as that of a person who left it
    open: what comes after the mark then has some events twice, and lacks none.
    """
    if fetch_value("SELECT pg_is_in_recovery()"):
        # A standby does not know who is writing on its primary.
        return LogMark(read_log_id(), start)
    greatest = fetch_value(READ_GREATEST_ID)
    writers = _read_writers()
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while writers & _read_writers():
        if time.monotonic() > deadline:
            return LogMark(read_log_id(), start)
        time.sleep(POLL_SECONDS)
    return LogMark(read_log_id(), greatest)


def read_log_id() -> str:
    return str(fetch_value(READ_LOG_ID))


def require_same_log(mark: LogMark) -> None:
    """Raise UnusableMark if the mark is of another log than this one."""
    if mark.log_id != read_log_id():
        raise UnusableMark("it is of another database, or of this one before it was restored")


def _read_writers() -> set[str]:
    return {row[0] for row in fetch_rows(READ_WRITERS)}

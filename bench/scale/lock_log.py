"""Records every wait for a lock, exactly and at no cost for those who do not wait, from the server's log.

PostgreSQL writes a line when somebody has waited for `deadlock_timeout`, and another one with the time that
it took when he gets the lock (`log_lock_waits`). A wait that is shorter than that has no line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MILLISECONDS = 1000
# For the sessions that start from then on. The context names the table whose row was waited for.
# The options of the embedded server's command line count less than those of its user.
SETTINGS = {
    "log_lock_waits": "on",
    "deadlock_timeout": "'1ms'",
    "log_error_verbosity": "'default'",
    "track_wal_io_timing": "on",
}
ACQUIRED = re.compile(r"process (\d+) acquired \w+ on (.+?) after ([\d.]+) ms$")
# As in `while locking tuple (0,3) in relation "entities_deal"`. A wait for a key that somebody else inserts
# names the index's table.
CONTEXT = re.compile(r"^(?:.*\s)?CONTEXT:.*\bin relation \"(\w+)\"")
# The start of a line that belongs to the message before it.
BELONGING = re.compile(r"\b(?:DETAIL|HINT|QUERY|CONTEXT|STATEMENT):")


@dataclass(frozen=True)
class LockWait:
    """A wait for a lock that was got. pid: of the session. table: "" if the log names none."""

    pid: int
    seconds: float
    table: str


def log_lock_waits() -> None:
    """Let the server log waits for locks in all sessions that start from now on."""
    from crmmirror.lib.database.cursors import execute

    for name, value in SETTINGS.items():
        execute(f"ALTER ROLE CURRENT_USER SET {name} = {value}")


def read_waits(log: Path, offset: int) -> list[LockWait]:
    """Return the waits that were logged after so many bytes of the server's log."""
    with log.open("rb") as file:
        file.seek(offset)
        return list(parse_waits(file.read().decode(errors="replace").splitlines()))


def parse_waits(lines: Iterable[str]) -> Iterator[LockWait]:
    """Yield the waits of a log's lines."""
    wait: LockWait | None = None
    for line in lines:
        if BELONGING.search(line):
            context = CONTEXT.search(line)
            if wait is not None and context:
                wait = LockWait(wait.pid, wait.seconds, context[1])
            continue
        if wait is not None:
            yield wait
        acquired = ACQUIRED.search(line)
        wait = acquired and LockWait(int(acquired[1]), float(acquired[3]) / MILLISECONDS, "")
    if wait is not None:
        yield wait

"""Which processes of a mirror are which, and how to kill one at the right moment."""

import os
import signal
import time
from pathlib import Path

import psycopg

from tests.crmmirror.mirror import Mirror, wait_until

WORKER, BEAT = "celery --app crmmirror worker", "celery --app crmmirror beat"
WEB, BROKER, DATABASE = "granian", "valkey-server", "postgres -D"
SECONDS_TO_RESTART = 30.0
# Whoever applies a batch holds this, to the end of the transaction.
IN_A_BATCH = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND backend_xid IS NOT NULL
"""


def kill_and_await_restart(mirror: Mirror, word: str) -> None:
    """The process that the supervisor started, and whatever is below it; returns when it is started again."""
    restarts = mirror.said().count("started again")
    os.kill(supervised(mirror, word), signal.SIGKILL)
    wait_until(lambda: mirror.said().count("started again") > restarts, SECONDS_TO_RESTART)
    assert mirror.said().count("started again") > restarts, mirror.said()


def kill_a_child(mirror: Mirror, word: str) -> None:
    """One that its own parent replaces; returns when it is replaced."""
    before = children(supervised(mirror, word))
    os.kill(before[-1], signal.SIGKILL)
    _await_replacement(supervised(mirror, word), before)


def kill_the_worker_in_a_batch(mirror: Mirror, url: str) -> None:
    """The one process that applies events, while it holds a claim: stopped, looked at, and killed."""
    parent = supervised(mirror, WORKER)
    before = children(parent)
    [child] = before
    with psycopg.connect(url, autocommit=True) as database:
        deadline = time.monotonic() + SECONDS_TO_RESTART
        while not _stopped_in_a_batch(child, database):
            assert time.monotonic() < deadline
            os.kill(child, signal.SIGCONT)
            time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    _await_replacement(parent, before)


def _stopped_in_a_batch(child: int, database: psycopg.Connection) -> bool:
    """Twice: what it had sent when it was stopped may be done in between."""
    os.kill(child, signal.SIGSTOP)
    for _ in range(2):
        time.sleep(0.02)
        if database.execute(IN_A_BATCH).fetchone() == (0,):
            return False
    return True


def supervised(mirror: Mirror, word: str) -> int:
    """The process whose parent is `manage.py up`."""
    [found] = [pid for pid in mirror.processes(word) if pid in children(mirror.process.pid)]
    return found


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _await_replacement(parent: int, before: list[int]) -> None:
    def replaced() -> bool:
        now = children(parent)
        return len(now) == len(before) and now != before

    wait_until(replaced, SECONDS_TO_RESTART)
    assert replaced()

"""Finds a supervisor's processes, and kills one at a chosen moment."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.running_mirror import command_line, wait_until

WORKER, BEAT = "celery --app crmmirror worker", "celery --app crmmirror beat"
WEB, BROKER, DATABASE = "granian", "valkey-server", "postgres -D"
SECONDS_TO_RESTART = 30.0
# A session that applies a batch holds this lock to the end of its transaction.
COUNT_OPEN_BATCHES = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND backend_xid IS NOT NULL
"""


@dataclass(frozen=True)
class SupervisedProcesses:
    """The children of a supervisor's process, which writes to the file `output` what it does."""

    pid: int
    output: Path

    def find(self, word: str) -> int:
        """Return the one child whose command line contains the word."""
        [child] = [pid for pid in list_children(self.pid) if word in command_line(Path(f"/proc/{pid}"))]
        return child

    def kill(self, word: str) -> None:
        """Kill that child and all below it; return when the supervisor has restarted it."""
        restarts = self._restarts()
        os.kill(self.find(word), signal.SIGKILL)
        wait_until(lambda: self._restarts() > restarts, SECONDS_TO_RESTART)
        assert self._restarts() > restarts, self.output.read_text()

    def kill_below(self, word: str) -> None:
        """Kill the newest process of that child's own; return when the child has replaced it."""
        before = list_children(self.find(word))
        os.kill(before[-1], signal.SIGKILL)
        await_replacement(self.find(word), before)

    def _restarts(self) -> int:
        return self.output.read_text().count("started again")


def kill_in_a_batch(parent: int, url: str) -> None:
    """Kill Celery's one process that applies events, while it has claimed some."""
    before = list_children(parent)
    [worker] = before
    with psycopg.connect(url, autocommit=True) as database:
        deadline = time.monotonic() + SECONDS_TO_RESTART
        while not _stopped_in_a_batch(worker, database):
            assert time.monotonic() < deadline
            os.kill(worker, signal.SIGCONT)
            time.sleep(0.01)
    os.kill(worker, signal.SIGKILL)
    await_replacement(parent, before)


def _stopped_in_a_batch(worker: int, database: psycopg.Connection) -> bool:
    """Stop the worker; return True if it is in a batch.

    Looks twice, because the database may just be finishing what it sent before it was stopped.
    """
    os.kill(worker, signal.SIGSTOP)
    for _ in range(2):
        time.sleep(0.02)
        if database.execute(COUNT_OPEN_BATCHES).fetchone() == (0,):
            return False
    return True


def list_children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def await_replacement(parent: int, before: list[int]) -> None:
    """Wait until the parent has a child that is not among those before."""

    def replaced() -> bool:
        return bool(set(list_children(parent)) - set(before))

    wait_until(replaced, SECONDS_TO_RESTART)
    assert replaced()

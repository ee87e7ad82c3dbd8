"""Which of a supervisor's processes is which, and how to kill one at the right moment."""

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
# Whoever applies a batch holds this, to the end of the transaction.
COUNT_OPEN_BATCHES = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND backend_xid IS NOT NULL
"""


@dataclass(frozen=True)
class SupervisedProcesses:
    """The children of a supervisor's process, which says in `output` what it does."""

    pid: int
    output: Path

    def find(self, word: str) -> int:
        """The child whose command line has the word."""
        [found] = [pid for pid in list_children(self.pid) if word in command_line(Path(f"/proc/{pid}"))]
        return found

    def kill(self, word: str) -> None:
        """That child, and with it whatever is below it; returns when it is started again."""
        restarts = self._restarts()
        os.kill(self.find(word), signal.SIGKILL)
        wait_until(lambda: self._restarts() > restarts, SECONDS_TO_RESTART)
        assert self._restarts() > restarts, self.output.read_text()

    def kill_below(self, word: str) -> None:
        """The latest process of that child's own, which it replaces; returns when it is replaced."""
        before = list_children(self.find(word))
        os.kill(before[-1], signal.SIGKILL)
        await_replacement(self.find(word), before)

    def _restarts(self) -> int:
        return self.output.read_text().count("started again")


def kill_in_a_batch(parent: int, url: str) -> None:
    """The one process of Celery's that applies events, while it holds a claim."""
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
    """Looked at twice: what it had sent when it was stopped may be done in between."""
    os.kill(worker, signal.SIGSTOP)
    for _ in range(2):
        time.sleep(0.02)
        if database.execute(COUNT_OPEN_BATCHES).fetchone() == (0,):
            return False
    return True


def list_children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def await_replacement(parent: int, before: list[int]) -> None:
    def replaced() -> bool:
        return bool(set(list_children(parent)) - set(before))

    wait_until(replaced, SECONDS_TO_RESTART)
    assert replaced()

"""A streaming replica of the tests' PostgreSQL: made by pg_basebackup, paused, stopped and started again."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import psycopg
from django.db import connection

from crmmirror.embedded.processes.process import die_with_parent
from crmmirror.embedded.servers.postgres import DATABASE_NAME, Cluster, make_cluster
from tests.support.services import run_program

WAIT_SECONDS = 30


@dataclass
class Replica:
    """A replica. url: of the tests' database on it."""

    cluster: Cluster
    log: Path
    url: str
    running: ExitStack = field(default_factory=ExitStack)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = self.cluster.make_program(self.log)
        self.process = self.running.enter_context(run_program(program, self.cluster.is_ready))

    def stop(self) -> None:
        self.running.close()

    def freeze(self) -> None:
        """Stop every process of it in its tracks, as of a machine that hangs."""
        self._signal_all(SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(SIGCONT)

    def pause(self) -> None:
        """Let it take in changes, and not apply them."""
        self.execute("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self.execute("SELECT pg_wal_replay_resume()")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as server:
            server.execute(statement.encode())

    def catch_up(self) -> None:
        """Return once it has applied what the primary has committed by now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            (position,) = cursor.fetchone()
        deadline = time.monotonic() + WAIT_SECONDS
        with psycopg.connect(self.url, autocommit=True) as server:
            has_caught_up = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            while server.execute(has_caught_up, [position]).fetchone() != (True,):
                assert time.monotonic() < deadline, "the replica does not follow"
                time.sleep(0.02)

    def _signal_all(self, signal: int) -> None:
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            subprocess.run(["kill", f"-{int(signal)}", str(pid)], check=False)


@contextmanager
def run_replica(directory: Path) -> Iterator[Replica]:
    """Run a replica of the tests' server, in a directory of its own."""
    primary = connection.settings_dict
    socket = primary["OPTIONS"].get("host") or primary["HOST"]
    cluster = make_cluster(directory, durable=False)
    identity = cluster.programs.identity
    cluster.data_directory.mkdir(mode=0o700)
    subprocess.run(
        [
            *(str(cluster.programs.directory / "pg_basebackup"), "-D", "."),
            *("-h", socket, "-U", DATABASE_NAME, "-R", "-X", "stream", "-c", "fast"),
        ],
        cwd=cluster.data_directory,
        preexec_fn=die_with_parent(identity, SIGKILL),
        check=True,
        capture_output=True,
    )
    url = f"postgresql://{DATABASE_NAME}@/{primary['NAME']}?host={cluster.socket_directory}"
    replica = Replica(cluster, directory / "replica.log", url)
    replica.start()
    try:
        yield replica
    finally:
        replica.thaw()
        replica.stop()

"""A PostgreSQL cluster in the state directory, on a unix socket only."""

import contextlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from urllib.parse import quote

import psycopg

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes import identity
from crmmirror.embedded.processes.identity import unprivileged_identities
from crmmirror.embedded.processes.process import Program, die_with_parent
from crmmirror.embedded.servers import binaries
from crmmirror.embedded.servers.binaries import PostgresPrograms
from crmmirror.embedded.servers.sockets import make_socket_directory

NAME = "crmmirror"
READY_SECONDS = 60
# The data directory, whatever may bar the way to it: the server is started inside.
HERE = "/proc/self/cwd"
UNSAFE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class Cluster:
    """`durable` is off for tests only: it trades safety against power loss for speed."""

    programs: PostgresPrograms
    state: Path
    sockets: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.state / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.sockets), safe='')}"

    def program(self, log: Path) -> Program:
        """The server. SIGINT is its fast shutdown: SIGTERM would wait for every client to leave."""
        listen = ("-k", str(self.sockets), "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700")
        return Program(
            name="database",
            argv=(
                str(self.programs.bindir / "postgres"),
                "-D",
                HERE,
                *listen,
                *(() if self.durable else UNSAFE),
            ),
            log=log,
            cwd=self.data,
            runs_as=self.programs.runs_as,
            ends=((SIGINT, 20), (SIGQUIT, 5), (SIGKILL, 5)),
            orphaned=SIGINT,
        )

    def prepare(self) -> None:
        """Make the cluster on the first run; take over what a killed run left."""
        if not self.data.exists():
            self._initialise()
        _give(self.data, self.programs.runs_as)
        _bury_former_server(self.data)

    def answers(self) -> bool:
        """Whether it serves, with its database in place."""
        try:
            server = psycopg.connect(host=str(self.sockets), user=NAME, dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            return False
        with server:
            known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not known.fetchone():
                server.execute(f"CREATE DATABASE {NAME}")
        return True

    def _initialise(self) -> None:
        """Built aside and renamed, so that a killed first run leaves nothing half made."""
        made = self.state / "postgres.new"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        _give(made, self.programs.runs_as)
        initdb = (str(self.programs.bindir / "initdb"), "-D", HERE, "-U", NAME, "--auth=trust")
        done = subprocess.run(  # noqa: S603
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=made,
            preexec_fn=die_with_parent(self.programs.runs_as, SIGKILL),
        )
        if done.returncode != 0:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        made.rename(self.data)


def make_cluster(state: Path, *, durable: bool = True, ways: tuple[identity.Identity, ...] = ()) -> Cluster:
    """The cluster of a state directory, run as the first of `ways` that works here."""
    programs = binaries.find_postgres(ways or unprivileged_identities())
    return Cluster(programs, state, make_socket_directory(state, programs.runs_as), durable)


def _give(directory: Path, owner: identity.Identity) -> None:
    """Hand the files over where another identity ran before."""
    if directory.stat().st_uid == owner.uid:
        return
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _bury_former_server(data: Path) -> None:
    """Wait for a server that a killed run left to end, then drop its lock file.

    PostgreSQL would trust the file's process id, which after a reboot is some other process.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + READY_SECONDS
    while _serves(lock, data):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"A PostgreSQL still runs in {data}: stop it.")
        time.sleep(0.05)
    lock.unlink(missing_ok=True)


def _serves(lock: Path, data: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError, IndexError):
        pid = lock.read_text().split("\n")[0]
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    return False

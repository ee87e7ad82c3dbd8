"""The embedded database: a PostgreSQL cluster in the state directory, on a unix socket only."""

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
from crmmirror.embedded.processes.identity import Identity, find_unprivileged_identities
from crmmirror.embedded.processes.process import Program, die_with_parent
from crmmirror.embedded.servers import binaries
from crmmirror.embedded.servers.binaries import PostgresPrograms
from crmmirror.embedded.servers.sockets import make_socket_directory

# The database, and the user that owns it.
DATABASE_NAME = "crmmirror"
MAX_FORMER_SERVER_SECONDS = 60
# PostgreSQL's own 100 are too few: each of up to 4 web processes may have 24, each of 2 for deliveries
# 8, and workers and commands come on top. The rest is for whoever sets DELIVERY_CONNECTIONS or
# READER_CONNECTIONS higher.
MAX_CONNECTIONS = 200
# PostgreSQL is started inside its data directory and gets this path to it: the real path may lead through
# directories that its user cannot enter.
CURRENT_DIRECTORY = "/proc/self/cwd"
# The log says which error there was, and not the statement and the row, which may hold a vendor's values.
QUIET_LOG_OPTIONS = ("-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic")
UNSAFE_OPTIONS = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster. durable: False in tests only, where speed matters more than a power failure."""

    programs: PostgresPrograms
    state_directory: Path
    socket_directory: Path
    durable: bool = True

    @property
    def data_directory(self) -> Path:
        return self.state_directory / "postgres"

    @property
    def url(self) -> str:
        return (
            f"postgresql://{DATABASE_NAME}@/{DATABASE_NAME}?host={quote(str(self.socket_directory), safe='')}"
        )

    def make_program(self, log: Path) -> Program:
        """Return the server as a program.

        SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait until every client has disconnected.
        """
        options = (
            *("-k", str(self.socket_directory)),
            *("-c", "listen_addresses="),
            *("-c", "unix_socket_permissions=0700"),
            *("-c", f"max_connections={MAX_CONNECTIONS}"),
            *QUIET_LOG_OPTIONS,
            *(() if self.durable else UNSAFE_OPTIONS),
        )
        return Program(
            name="database",
            argv=(str(self.programs.directory / "postgres"), "-D", CURRENT_DIRECTORY, *options),
            log=log,
            cwd=self.data_directory,
            identity=self.programs.identity,
            stop_signals=((SIGINT, 20), (SIGQUIT, 5), (SIGKILL, 5)),
            parent_death_signal=SIGINT,
        )

    def prepare(self) -> None:
        """Make the cluster in the first run; in a later one, make it fit to start. Raises EmbeddedError."""
        if not self.data_directory.exists():
            self._initialise()
        self._require_same_major()
        _change_owner(self.data_directory, self.programs.identity)
        _wait_for_former_server(self.data_directory)

    def _require_same_major(self) -> None:
        """Raise EmbeddedError if the data are of another major version than the programs."""
        stored = (self.data_directory / "PG_VERSION").read_text().strip()
        present = binaries.read_major(self.programs.directory / "postgres", self.programs.identity)
        if stored != str(present):
            raise EmbeddedError(
                f"{self.data_directory} is of PostgreSQL {stored}, and the programs here are of {present}:"
                " see docs/backup.md, Over a major version of the embedded database."
            )

    def is_ready(self) -> bool:
        """Return True if the server accepts connections. Creates the mirror's database if it is missing."""
        try:
            server = psycopg.connect(
                host=str(self.socket_directory), user=DATABASE_NAME, dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError:
            return False
        with server:
            database = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
            if not database.fetchone():
                server.execute(f"CREATE DATABASE {DATABASE_NAME}")
        return True

    def _initialise(self) -> None:
        """Run initdb in a new directory, then rename it: a killed first run leaves nothing half-done."""
        temporary = self.state_directory / "postgres.new"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        _change_owner(temporary, self.programs.identity)
        initdb = (str(self.programs.directory / "initdb"), "-D", CURRENT_DIRECTORY, "-U", DATABASE_NAME)
        completed = subprocess.run(  # noqa: S603
            [*initdb, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=temporary,
            preexec_fn=die_with_parent(self.programs.identity, SIGKILL),
        )
        if completed.returncode != 0:
            raise EmbeddedError(f"initdb failed: {completed.stderr.strip() or completed.stdout.strip()}")
        temporary.rename(self.data_directory)


def make_cluster(
    state_directory: Path, *, durable: bool = True, identities: tuple[Identity, ...] = ()
) -> Cluster:
    """Return the cluster of a state directory, with its socket directory made.

    identities: to try in turn, the first that works here is taken; by default those that suit this user.
    Raises EmbeddedError if no PostgreSQL can run here.
    """
    programs = binaries.find_postgres(identities or find_unprivileged_identities())
    socket_directory = make_socket_directory(state_directory, programs.identity)
    return Cluster(programs, state_directory, socket_directory, durable)


def _change_owner(directory: Path, owner: Identity) -> None:
    """Give the directory and all that is in it to `owner`, if an earlier run used another identity."""
    if directory.stat().st_uid == owner.uid:
        return
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _wait_for_former_server(data_directory: Path) -> None:
    """Wait until a server that a killed run left behind has ended, then remove its lock file.

    PostgreSQL believes the process id in that file, which after a reboot may be of any other process, and
    refuses to start. Raises EmbeddedError if the server still runs after MAX_FORMER_SERVER_SECONDS.
    """
    lock_file = data_directory / "postmaster.pid"
    deadline = time.monotonic() + MAX_FORMER_SERVER_SECONDS
    while _is_server_running(lock_file, data_directory):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"A PostgreSQL still runs in {data_directory}: stop it.")
        time.sleep(0.05)
    lock_file.unlink(missing_ok=True)


def _is_server_running(lock_file: Path, data_directory: Path) -> bool:
    """Return True if the lock file's process has the data directory as its working directory."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError, IndexError):
        pid = lock_file.read_text().split("\n")[0]
        return Path(f"/proc/{pid}/cwd").readlink() == data_directory.resolve()
    return False

"""PostgreSQL's pg_dump and pg_restore: which ones fit a server, and how they run on the mirror's database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

from django.db import connection
from psycopg.pq import Conninfo

from crmmirror.backup.errors import BackupError
from crmmirror.embedded.processes.identity import get_current_identity
from crmmirror.embedded.processes.process import die_with_parent
from crmmirror.embedded.servers.binaries import (
    SYSTEM_DIRECTORY,
    WHEEL_PROGRAMS,
    find_wheel_directory,
    read_major,
)
from crmmirror.lib.database.cursors import fetch_value

# Files that the program writes are readable by their owner only.
PRIVATE_UMASK = 0o077


def read_server_major() -> int:
    """Return the major version of the mirror's PostgreSQL, such as 16."""
    return int(fetch_value("SHOW server_version_num")) // 10_000


def find_program(name: str, major: int) -> tuple[Path, int]:
    """Return the program of the lowest major version that is at least `major`, and that version.

    A program may be newer than what it reads, and never older. What a newer one writes, an older server may
    not understand; therefore the lowest. Raises BackupError, which names what to install.
    """
    found: dict[int, Path] = {}
    for directory in _program_directories():
        version = read_major(directory / name, get_current_identity())
        if version is not None:
            found.setdefault(version, directory / name)
    fitting = [version for version in found if version >= major]
    if not fitting:
        present = f"here is {max(found)}" if found else "here is none"
        raise BackupError(
            f"{name} of PostgreSQL {major} or newer is needed, {present}: install Debian's"
            f" postgresql-client-{major} (for other systems see https://www.postgresql.org/download/), or set"
            " PG_BINDIR to its directory"
        )
    return found[min(fitting)], min(fitting)


def start_program(program: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a program on the mirror's database; it dies with this process, in whatever way that ends."""
    return subprocess.Popen(  # noqa: S603
        [program, *arguments, f"--dbname={connection.settings_dict['NAME']}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **_connection_variables()},
        umask=PRIVATE_UMASK,
        preexec_fn=die_with_parent(get_current_identity(), SIGKILL),
    )


def finish_program(process: subprocess.Popen[bytes]) -> None:
    """Wait for a program's end. Raises BackupError with what it wrote last if it failed."""
    _, errors = process.communicate()
    if process.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        said = next((line for line in lines if "error:" in line), lines[-1] if lines else "no reason given")
        raise BackupError(f"{Path(str(process.args[0])).name} failed: {said}")  # type: ignore[index]


def _program_directories() -> Iterator[Path]:
    if "PG_BINDIR" in os.environ:
        yield Path(os.environ["PG_BINDIR"])
    wheel = find_wheel_directory()
    if wheel is not None:
        yield wheel / WHEEL_PROGRAMS
    yield from SYSTEM_DIRECTORY.glob("*/bin")
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def _connection_variables() -> dict[str, str]:
    """Return the environment by which PostgreSQL's programs connect as this process does.

    Not as arguments: other users of the machine see those, and a password may be among them.
    """
    parameters = connection.get_connection_params()
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar is not None
    }
    return {
        variables[name]: str(value)
        for name, value in parameters.items()
        if name in variables and value is not None
    }

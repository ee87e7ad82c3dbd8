"""Where the unix sockets are: the kernel takes 107 bytes of path at most."""

import hashlib
import os
import shutil
from pathlib import Path

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.identity import Identity, unprivileged_identities

MAX_PATH_BYTES = 107
LONGEST_NAME = "/.s.PGSQL.5432.lock"


def make_socket_directory(state: Path, owner: Identity) -> Path:
    """A directory that only `owner`, and root, can enter; the same one at every call.

    In the state directory, where that is short enough. Root's is always apart from it, since
    root's PostgreSQL has an ordinary user's powers and may not reach the state directory by path.
    """
    inside = state / "run"
    fits = len(os.fsencode(inside)) + len(LONGEST_NAME) <= MAX_PATH_BYTES
    path = inside if fits and os.geteuid() != 0 else _outside(state)
    path.mkdir(mode=0o700, exist_ok=True)
    _claim(path, owner)
    return path


def remove_socket_directory(state: Path) -> None:
    """Remove what `directory` made apart from the state directory."""
    shutil.rmtree(_outside(state), ignore_errors=True)


def _outside(state: Path) -> Path:
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = os.geteuid() != 0 and len(runtime) < 60 and os.access(runtime, os.W_OK)
    return Path(runtime if usable else "/tmp", f"crmmirror-{os.geteuid()}-{name}")  # noqa: S108


def _claim(path: Path, owner: Identity) -> None:
    """Make it the owner's alone. Raises EmbeddedError where a stranger was there first."""
    found = path.lstat()
    ours = {way.uid for way in unprivileged_identities()}
    if path.is_symlink() or found.st_uid not in {*ours, owner.uid}:
        raise EmbeddedError(f"{path} belongs to another user: remove it.")
    path.chmod(0o700)
    if found.st_uid != owner.uid:
        os.chown(path, owner.uid, owner.gid)

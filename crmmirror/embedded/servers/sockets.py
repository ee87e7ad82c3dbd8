"""The directory of the unix sockets. Its path must be short: the kernel accepts at most 107 bytes."""

import hashlib
import os
import shutil
from pathlib import Path

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.identity import Identity, find_unprivileged_identities

MAX_PATH_BYTES = 107
# XDG_RUNTIME_DIR is used if it is shorter than this; with our directory's name it stays below the limit.
MAX_RUNTIME_DIRECTORY_LENGTH = 60
LONGEST_FILE_NAME = "/.s.PGSQL.5432.lock"


def make_socket_directory(state_directory: Path, owner: Identity) -> Path:
    """Make a directory that only `owner` and root can enter, and return it: the same one at every call.

    It is in the state directory if that path is short enough. Root's is always outside of it: root's
    PostgreSQL runs with an ordinary user's rights and may not be able to enter the state directory.
    Raises EmbeddedError if it belongs to another user.
    """
    inside = state_directory / "run"
    fits = len(os.fsencode(inside)) + len(LONGEST_FILE_NAME) <= MAX_PATH_BYTES
    path = inside if fits and os.geteuid() != 0 else _outside_path(state_directory)
    path.mkdir(mode=0o700, exist_ok=True)
    _restrict_to_owner(path, owner)
    return path


def remove_socket_directory(state_directory: Path) -> None:
    """Remove the directory that `make_socket_directory` made outside of the state directory, if any."""
    shutil.rmtree(_outside_path(state_directory), ignore_errors=True)


def _outside_path(state_directory: Path) -> Path:
    name = hashlib.sha256(os.fsencode(state_directory)).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    is_usable = (
        os.geteuid() != 0 and len(runtime) < MAX_RUNTIME_DIRECTORY_LENGTH and os.access(runtime, os.W_OK)
    )
    return Path(runtime if is_usable else "/tmp", f"crmmirror-{os.geteuid()}-{name}")  # noqa: S108


def _restrict_to_owner(path: Path, owner: Identity) -> None:
    """Give the directory to `owner` alone. Raises EmbeddedError if another user made it first."""
    status = path.lstat()
    allowed_uids = {owner.uid, *(identity.uid for identity in find_unprivileged_identities())}
    if path.is_symlink() or status.st_uid not in allowed_uids:
        raise EmbeddedError(f"{path} belongs to another user: remove it.")
    path.chmod(0o700)
    if status.st_uid != owner.uid:
        os.chown(path, owner.uid, owner.gid)

"""The state directory: who holds it, and the settings that let another terminal find the stack."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from crmmirror.embedded.errors import EmbeddedError

ENVIRONMENT_FILE = "embedded.env"
HEADER = "# Written by manage.py up. It holds secrets; whoever loses it cannot read the sources' secrets.\n"


@contextmanager
def lock_state_directory(directory: Path) -> Iterator[Path]:
    """Make the directory and hold it. Raises EmbeddedError where another `up` does."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / "lock").open("w")
    except OSError as error:
        raise EmbeddedError(f"The state directory is of no use: {error}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedError(
                f"Another manage.py up runs on {directory}: stop it, or set CRMMIRROR_STATE_DIR."
            ) from error
        (directory / "log").mkdir(exist_ok=True)
        yield directory


def make_empty_directory(directory: Path) -> Path:
    """The directory, with nothing of an earlier run in it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(exist_ok=True)
    return directory


def read_environment_file(directory: Path) -> dict[str, str]:
    """What `write_environment` wrote; empty where that is nothing, or another user's."""
    try:
        lines = (directory / ENVIRONMENT_FILE).read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_environment_file(directory: Path, values: Mapping[str, str]) -> None:
    """Replace the file as a whole; nobody else may read it."""
    aside = directory / f"{ENVIRONMENT_FILE}.new"
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
        os.fsync(file.fileno())
    aside.rename(directory / ENVIRONMENT_FILE)


def load_or_make_secrets(directory: Path) -> dict[str, str]:
    """The secrets of this state directory, made on the first run."""
    makers = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
        "ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    }
    known = read_environment_file(directory)
    return {name: known.get(name) or make() for name, make in makers.items()}

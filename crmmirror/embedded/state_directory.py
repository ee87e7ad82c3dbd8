"""The state directory: its lock, its secrets, and the settings by which another terminal finds the stack."""

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
HEADER = (
    "# Written by manage.py up. Keep it private and back it up: it holds secrets, and without its\n"
    "# ENCRYPTION_KEYS the stored secrets of the sources cannot be decrypted.\n"
)


@contextmanager
def lock_state_directory(directory: Path) -> Iterator[None]:
    """Make the directory and hold its lock for the block. Raises EmbeddedError if another `up` holds it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / "lock").open("w")
    except OSError as error:
        raise EmbeddedError(
            f"Cannot use the state directory: {error}. Set CRMMIRROR_STATE_DIR to one that you can write to."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedError(
                f"Another manage.py up runs on {directory}: stop it, or set CRMMIRROR_STATE_DIR."
            ) from error
        (directory / "log").mkdir(exist_ok=True)
        yield


def make_empty_directory(directory: Path) -> Path:
    """Make the directory, without any files of an earlier run, and return it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(exist_ok=True)
    return directory


def read_environment_file(directory: Path) -> dict[str, str]:
    """Return what `write_environment_file` wrote; empty if there is no such file or it may not be read."""
    try:
        return parse_environment((directory / ENVIRONMENT_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}


def parse_environment(text: str) -> dict[str, str]:
    """Return name -> value of lines `NAME=value`; other lines and comments are left out."""
    lines = text.splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_environment_file(directory: Path, values: Mapping[str, str]) -> None:
    """Replace the file atomically (write a new one, then rename it), readable by its owner only."""
    new_file = directory / f"{ENVIRONMENT_FILE}.new"
    new_file.unlink(missing_ok=True)
    descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
        os.fsync(file.fileno())
    new_file.rename(directory / ENVIRONMENT_FILE)


def load_or_generate_secrets(directory: Path) -> dict[str, str]:
    """Return the secrets of this state directory; generate those that it does not have yet."""
    generators = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
        "ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    }
    stored = read_environment_file(directory)
    return {name: stored.get(name) or generate() for name, generate in generators.items()}

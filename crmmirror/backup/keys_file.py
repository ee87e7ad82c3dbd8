"""The file with the keys of a mirror, without which the secrets in its backup cannot be decrypted."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from crmmirror.backup.errors import BackupError
from crmmirror.embedded.state_directory import parse_environment, read_environment_file

KEYS_FILE = "keys.env"
HEADER = (
    "# The keys of a mirror. Keep them apart from its backups: the two together give the sources' secrets.\n"
)


def collect_keys() -> dict[str, str]:
    """Return the settings that a restored mirror needs to go on as this one.

    With another SECRET_KEY, everybody would have to log in again and cursors of the API would end. The
    embedded stack's ADMIN_PASSWORD is in no other place.
    """
    keys = {"ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS), "SECRET_KEY": settings.SECRET_KEY}
    embedded = read_environment_file(settings.STATE_DIR)
    if embedded.get("ENCRYPTION_KEYS") == keys["ENCRYPTION_KEYS"] and "ADMIN_PASSWORD" in embedded:
        keys["ADMIN_PASSWORD"] = embedded["ADMIN_PASSWORD"]
    return keys


def write_keys(path: Path, keys: Mapping[str, str]) -> None:
    """Write a new file that only its owner can read; leave one with the same keys as it is.

    Raises BackupError if there is one with others.
    """
    text = HEADER + "".join(f"{name}={value}\n" for name, value in keys.items())
    try:
        if path.exists():
            if parse_environment(path.read_text()) != keys:
                raise BackupError(f"{path} has other keys: choose another name, or move it away")
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            os.fsync(file.fileno())
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path}: {getattr(error, 'strerror', 'is no file of keys')}") from None


def read_keys(path: Path) -> dict[str, str]:
    """Return what `write_keys` wrote. Raises BackupError."""
    try:
        keys = parse_environment(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path}: {getattr(error, 'strerror', 'is no file of keys')}") from None
    if not keys.get("ENCRYPTION_KEYS"):
        raise BackupError(f"{path} has no ENCRYPTION_KEYS: it is no file of keys")
    return keys


def choose_keys(directory: Path, named: Path | None) -> dict[str, str]:
    """Return the keys to restore a backup with: of the named file, of the backup, or of the environment.

    directory: the backup's. The environment counts only if no file is named and the backup has none.
    Raises BackupError if there are no keys.
    """
    path = named or directory / KEYS_FILE
    if named is None and not path.exists() and os.environ.get("ENCRYPTION_KEYS"):
        return {name: os.environ[name] for name in ("ENCRYPTION_KEYS", "SECRET_KEY") if name in os.environ}
    try:
        return read_keys(path)
    except BackupError as error:
        raise BackupError(f"{error}. Name the file with the keys of this backup: --keys FILE") from None

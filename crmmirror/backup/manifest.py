"""The manifest of a backup: what it is of, what it should be equal to, and the checksums of its files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crmmirror.backup.errors import BackupError
from events.archive.log_mark import MANIFEST_FILE

FORMAT = "crmmirror-backup"
VERSION = 1
DUMP_FILE = "mirror.dump"


@dataclass(frozen=True)
class StateDigests:
    """The digests of a mirror. log: by section. log_version: what the log's digest covers, by its version."""

    mirror: str
    log: Mapping[str, str]
    log_version: int


@dataclass(frozen=True)
class Manifest:
    """The contents and the origin of a backup.

    created_at: ISO 8601. server_major, program_major: the versions of PostgreSQL and of its pg_dump.
    migrations: those of the database, as `app.name`. mark: as `LogMark` has it in JSON.
    checksums: SHA-256 of each file, in hex, by its name.
    """

    created_at: str
    server_major: int
    program_major: int
    migrations: list[str]
    digests: StateDigests
    mark: Mapping[str, Any]
    checksums: Mapping[str, str]


def write_manifest(directory: Path, manifest: Manifest) -> None:
    content = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
    path = directory / MANIFEST_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")


def read_manifest(directory: Path) -> Manifest:
    """Return a backup's manifest. Raises BackupError if the directory is no backup that this code reads."""
    path = directory / MANIFEST_FILE
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(FORMAT)
        if content["version"] > VERSION:
            raise BackupError(f"{directory} was made by a newer version of the mirror: install that one")
        names = set(Manifest.__dataclass_fields__) - {"digests"}
        return Manifest(**{name: content[name] for name in names}, digests=StateDigests(**content["digests"]))
    except OSError as error:
        raise BackupError(f"{directory} is no backup, or was cut: {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BackupError(f"{directory} is no backup: {path} is not a manifest") from None


def compute_checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_checksums(directory: Path, manifest: Manifest) -> None:
    """Raise BackupError if a file of the backup is missing or has changed."""
    for name, checksum in manifest.checksums.items():
        try:
            found = compute_checksum(directory / name)
        except OSError as error:
            raise BackupError(f"{directory / name}: {error.strerror}") from None
        if found != checksum:
            raise BackupError(f"{directory / name} is damaged: its SHA-256 is not that of {MANIFEST_FILE}")

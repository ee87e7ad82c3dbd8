"""Makes a backup: the dump and the digests of one moment, in a directory that appears once it is whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from crmmirror.backup.database_programs import (
    find_program,
    finish_program,
    read_server_major,
    start_program,
)
from crmmirror.backup.errors import BackupError
from crmmirror.backup.keys_file import KEYS_FILE, collect_keys, write_keys
from crmmirror.backup.manifest import DUMP_FILE, Manifest, compute_checksum, write_manifest
from crmmirror.backup.state_digests import compute_digests
from crmmirror.lib.database.snapshots import export_snapshot, read_snapshot
from entities.audit import can_be_audited, identify_command, write_audit_entry
from entities.models import AuditAction
from events.archive.log_mark import take_mark

# Rights and owners are those of roles of the server, which another server does not have. Comments on the
# schema and on extensions are the superuser's. What is unlogged is worth nothing after a crash, too.
DUMP_OPTIONS = (
    "--format=custom",
    "--no-owner",
    "--no-privileges",
    "--no-comments",
    "--no-unlogged-table-data",
    # In milliseconds: a migration that runs holds locks.
    "--lock-wait-timeout=60000",
)


def create_backup(directory: Path, keys_path: Path | None, *, with_keys: bool) -> Manifest:
    """Make a backup, while the mirror runs; return its manifest.

    directory: is made; it may be there if it is empty. keys_path: where the keys go; None for a file in the
    directory. with_keys: False to leave them out. Raises BackupError.
    """
    program, program_major = find_program("pg_dump", read_server_major())
    with _replacing_directory(directory) as new_directory:
        if with_keys:
            write_keys(keys_path or new_directory / KEYS_FILE, collect_keys())
        mark = take_mark()
        with read_snapshot():
            dump = new_directory / DUMP_FILE
            snapshot = f"--snapshot={export_snapshot()}"
            process = start_program(program, *DUMP_OPTIONS, snapshot, f"--file={dump}")
            try:
                created_at = datetime.now(UTC).isoformat(timespec="seconds")
                migrations = list_migrations()
                digests = compute_digests()
                finish_program(process)
            finally:
                process.kill()
                process.wait()
        manifest = Manifest(
            created_at=created_at,
            server_major=read_server_major(),
            program_major=program_major,
            migrations=migrations,
            digests=digests,
            mark=mark.to_json(),
            checksums={DUMP_FILE: compute_checksum(dump)},
        )
        write_manifest(new_directory, manifest)
        # Before the directory gets its name: no backup is whole without an entry.
        if can_be_audited():
            detail: dict[str, Any] = {"directory": str(directory), "keys": with_keys}
            write_audit_entry(identify_command("backup"), AuditAction.BACKUP, **detail)
    return manifest


def list_migrations() -> list[str]:
    """Return the migrations of the database, as `app.name`, sorted."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


@contextmanager
def _replacing_directory(directory: Path) -> Iterator[Path]:
    """Yield a new directory beside the given one; rename it to that once the block has ended.

    What a killed run left is removed. Raises BackupError if there is something of that name already, or
    another process is at it.
    """
    directory = directory.absolute()
    new_directory = directory.with_name(f"{directory.name}.part")
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise BackupError(f"{directory} is there already: choose another name")
        new_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(new_directory, os.O_RDONLY)
    except OSError as error:
        raise BackupError(f"{error.filename or directory}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with _removed_on_failure(new_directory):
            for left_over in new_directory.iterdir():
                left_over.unlink()
            yield new_directory
            for path in (*new_directory.iterdir(), new_directory):
                _flush_to_disk(path)
            new_directory.rename(directory)
        _flush_to_disk(directory.parent)
    except BlockingIOError:
        raise BackupError(f"another backup is writing to {new_directory}") from None
    except OSError as error:
        raise BackupError(f"{error.filename or new_directory}: {error.strerror}") from None
    finally:
        os.close(descriptor)


@contextmanager
def _removed_on_failure(directory: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

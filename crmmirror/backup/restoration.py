"""Restores a backup into the database of DATABASE_URL, which has to be empty, and proves that it is whole."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from crmmirror.backup.creation import list_migrations
from crmmirror.backup.database_programs import (
    find_program,
    finish_program,
    read_server_major,
    start_program,
)
from crmmirror.backup.errors import BackupError
from crmmirror.backup.keys_file import KEYS_FILE
from crmmirror.backup.manifest import DUMP_FILE, Manifest, read_manifest, require_checksums
from crmmirror.backup.state_digests import compute_digests, list_differences
from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.database.required_migrations import list_code_migrations
from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction, AuditEntry
from entities.sql.sql_views import create_views, has_schema
from events.sources.readable_secrets import StoredSecret, describe

# One transaction: a restore that is cut leaves an empty database.
RESTORE_OPTIONS = (
    "--single-transaction",
    "--exit-on-error",
    "--no-owner",
    "--no-privileges",
    "--no-comments",
)
# Tables, views and sequences that no extension has made.
LIST_RELATIONS = """
    SELECT relname FROM pg_class relation JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = relation.oid AND deptype = 'e')
    ORDER BY relkind = 'S', relname
"""

Report = Callable[[str], object]
"""Takes a line for the user, at each step."""


def restore_backup(directory: Path, report: Report) -> None:
    """Restore a backup, compare it with what was backed up, and migrate it if it is older than this code.

    A database that has this backup already, as after a run that was cut, counts as restored. Whether it has
    one of an older version cannot be told, so for that it has to be empty. Raises BackupError.
    """
    manifest = _read_usable_manifest(directory, report)
    _require_newer_server(manifest)
    if _has_backup(manifest):
        report("the database has this backup already")
    else:
        _require_empty_database()
        _run_pg_restore(directory, manifest, report)
        _check_state(manifest, report)
    if missing := _list_missing(manifest):
        call_command("migrate", interactive=False, verbosity=0)
        report(f"migrated: the backup was older by {len(missing)} migrations")
    if has_schema():
        # With the rights of those readers' roles that this server has.
        create_views()
    _audit(directory, manifest)


def _audit(directory: Path, manifest: Manifest) -> None:
    """Write the audit entry, unless a run that was cut afterwards has left it."""
    detail: dict[str, Any] = {"directory": str(directory.absolute()), "created_at": manifest.created_at}
    newest = AuditEntry.objects.first()
    if newest is None or (newest.action, newest.detail) != (AuditAction.RESTORE, detail):
        write_audit_entry(identify_command("restore"), AuditAction.RESTORE, **detail)


def _run_pg_restore(directory: Path, manifest: Manifest, report: Report) -> None:
    program, _ = find_program("pg_restore", manifest.program_major)
    report("restoring")
    process = start_program(program, *RESTORE_OPTIONS, str(directory / DUMP_FILE))
    try:
        finish_program(process)
    finally:
        process.kill()
        process.wait()
    # The planner knows nothing of the new tables.
    execute("ANALYZE")


def describe_undecryptable(secrets: list[StoredSecret], directory: Path) -> str:
    """Return what to tell about secrets that the keys do not decrypt."""
    return (
        f"ENCRYPTION_KEYS does not decrypt {describe(secrets)}. Everything else is restored: set it to the"
        f" keys of this backup ({KEYS_FILE}, of the same time as {directory}), and start the mirror"
    )


def _read_usable_manifest(directory: Path, report: Report) -> Manifest:
    manifest = read_manifest(directory)
    unknown = set(manifest.migrations) - set(_code_migrations())
    if ours := sorted(name for name in unknown if name.startswith(("events.", "entities."))):
        raise BackupError(
            f"{directory} is of a newer version of the mirror, with {ours[0]}: install that version"
        )
    require_checksums(directory, manifest)
    report(f"the backup of {manifest.created_at} is undamaged")
    return manifest


def _require_newer_server(manifest: Manifest) -> None:
    major = read_server_major()
    if major < manifest.server_major:
        raise BackupError(
            f"the backup is of PostgreSQL {manifest.server_major}, this server is {major}: use"
            f" {manifest.server_major} or newer"
        )


def _has_backup(manifest: Manifest) -> bool:
    """Return True if the database is equal to what was backed up."""
    return (
        list_migrations() == manifest.migrations
        and not _list_missing(manifest)
        and not list(list_differences(manifest.digests, compute_digests()))
    )


def _require_empty_database() -> None:
    names = [row[0] for row in fetch_rows(LIST_RELATIONS)]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise BackupError(
            f"the database {connection.settings_dict['NAME']} is not empty: it has {names[0]}{more}. Restore"
            " into a new one: name it in DATABASE_URL, or for the embedded stack a new directory in"
            " CRMMIRROR_STATE_DIR"
        )


def _check_state(manifest: Manifest, report: Report) -> None:
    """Compare the digests, if this code can compute them as the backup's did. Raises BackupError."""
    if _list_missing(manifest):
        report("not compared with the backup, which is of an older version: run verify_mirror")
        return
    if parts := list(list_differences(manifest.digests, compute_digests())):
        raise BackupError(
            f"what was restored differs from what was backed up: {', '.join(parts)}. Restore it again, into a"
            " new database; if it differs again, do not use this backup"
        )
    report("the records and the log are equal to those that were backed up")


def _list_missing(manifest: Manifest) -> list[str]:
    return [name for name in _code_migrations() if name not in set(manifest.migrations)]


def _code_migrations() -> Iterator[str]:
    return (f"{app}.{name}" for app, name in list_code_migrations())

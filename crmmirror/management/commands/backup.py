"""`manage.py backup`: makes a backup of the whole mirror while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from crmmirror.backup.creation import create_backup
from crmmirror.backup.errors import BackupError
from crmmirror.backup.keys_file import KEYS_FILE
from events.management.migrated_database import require_migrations
from events.sources.readable_secrets import describe, find_unreadable_needed


class Command(BaseCommand):
    help = "Makes a backup of the whole mirror in a new directory, while the mirror runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="the directory to make")
        keys = parser.add_mutually_exclusive_group()
        keys.add_argument(
            "--keys", type=Path, metavar="FILE", help=f"write the keys there, not to DIR/{KEYS_FILE}"
        )
        keys.add_argument("--no-keys", action="store_false", dest="with_keys", help="leave the keys out")

    def handle(self, *, directory: Path, keys: Path | None, with_keys: bool, **_: Any) -> None:
        try:
            with require_migrations():
                manifest = create_backup(directory, keys, with_keys=with_keys)
                unreadable = find_unreadable_needed()
        except BackupError as error:
            raise CommandError(f"no backup was made: {error}") from None
        except OperationalError as error:
            raise CommandError(
                f"no backup was made, the database does not answer: {str(error).splitlines()[0]}. The"
                " embedded stack has to run (manage.py up)"
            ) from None
        self.stdout.write(f"{directory} has the mirror as it was at {manifest.created_at}")
        if with_keys and not keys:
            self.stderr.write(
                f"{directory / KEYS_FILE} has the keys to the secrets in it: move it to another place, or"
                " write it there with --keys FILE."
            )
        if not with_keys:
            self.stderr.write("It is without keys: keep ENCRYPTION_KEYS and SECRET_KEY in another place.")
        if unreadable:
            self.stderr.write(
                f"None of ENCRYPTION_KEYS decrypts {describe(unreadable)}: nor will they later."
            )

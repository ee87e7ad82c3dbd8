"""`manage.py restore`: restores a backup into an empty database, and checks that it is whole."""

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from crmmirror.backup.embedded_restoration import UNDECRYPTABLE_STATUS, restore_as_embedded_stack
from crmmirror.backup.errors import BackupError
from crmmirror.backup.keys_file import KEYS_FILE
from crmmirror.backup.restoration import describe_undecryptable, restore_backup
from crmmirror.embedded.errors import EmbeddedError
from crmmirror.secret_files import export_secret_files
from events.sources.readable_secrets import find_unreadable_needed

NEXT_STEP = (
    "Start the mirror: manage.py up --no-demo, or web, workers and beat. /readyz says whether it is ready."
)


class Command(BaseCommand):
    help = (
        "Restores a backup into the empty database of DATABASE_URL or, without that, as an embedded stack in"
        " $CRMMIRROR_STATE_DIR; compares it with what was backed up."
    )
    # The database may be empty, or not run yet.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="the backup")
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="FILE",
            help=f"the embedded stack's keys, if not in DIR/{KEYS_FILE}; for servers, ENCRYPTION_KEYS counts",
        )

    def handle(self, *, directory: Path, keys: Path | None, **_: Any) -> None:
        export_secret_files()
        try:
            if not os.environ.get("DATABASE_URL"):
                sys.exit(restore_as_embedded_stack(directory, keys, settings.STATE_DIR))
            if keys:
                raise BackupError(
                    "--keys is for the embedded stack: set ENCRYPTION_KEYS and SECRET_KEY instead"
                )
            restore_backup(directory, self.stdout.write)
            undecryptable = find_unreadable_needed()
        except (BackupError, EmbeddedError) as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"the database does not answer: {str(error).splitlines()[0]}") from None
        if undecryptable:
            message = describe_undecryptable(undecryptable, directory)
            raise CommandError(message, returncode=UNDECRYPTABLE_STATUS)
        self.stdout.write(NEXT_STEP)

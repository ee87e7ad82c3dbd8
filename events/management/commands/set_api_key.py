"""`manage.py set_api_key`: stores the key with which a source is read in its vendor's API."""

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from entities.audit import identify_command
from entities.vendors import UnusableVendor
from events.management.migrated_database import require_migrations
from events.sources.api_keys import UnfitApiKey, remove_api_key, set_api_key
from events.sources.encryption import NoEncryptionKey
from events.sources.registry import UnknownSource, get_source

ACTOR = identify_command("set_api_key")
# Far more than a key has, and little enough to read by mistake.
MAX_FILE_BYTES = 10_000


class Command(BaseCommand):
    help = (
        "Stores the key of a vendor's API, encrypted, for loads of a source. Asks for the key, unless a file"
        " or a variable of the environment has it: arguments can be read by other users of the machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("--file", type=Path, help="a file with the key; - is the standard input")
        parser.add_argument("--variable", metavar="NAME", help="a variable of the environment with the key")
        parser.add_argument("--remove", action="store_true", help="forgets the key")

    def handle(self, *, source: str, file: Path | None, variable: str | None, remove: bool, **_: Any) -> None:
        try:
            with require_migrations():
                found = get_source(source)
                if remove:
                    was_there = remove_api_key(found, ACTOR)
                    self.stdout.write(f"{source} has no API key {'any more' if was_there else 'anyway'}.")
                    return
                set_api_key(found, _read_key(file, variable), ACTOR)
        except (UnknownSource, UnusableVendor, UnfitApiKey, NoEncryptionKey) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The API key of {source} is stored. Load it: manage.py backfill {source}")


def _read_key(file: Path | None, variable: str | None) -> str:
    if variable is not None:
        if variable not in os.environ:
            raise CommandError(f"--variable: there is no variable {variable!r} in the environment")
        return os.environ[variable]
    if file is None:
        return getpass("API key: ") if sys.stdin.isatty() else sys.stdin.readline()
    try:
        with sys.stdin if str(file) == "-" else file.open() as opened:
            return opened.read(MAX_FILE_BYTES)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "is not a text"
        raise CommandError(f"--file {file}: {reason}") from None

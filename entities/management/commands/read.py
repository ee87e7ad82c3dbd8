"""`manage.py read`: shows what the mirror reads in bodies of a vendor, without storing anything."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.checks import run_checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from entities import vendors
from entities.management.reading_report import describe_body
from entities.vendor_language import Vendor
from entities.vendors import UnusableVendor, get_vendor

STANDARD_INPUT = Path("-")


class Command(BaseCommand):
    help = (
        "Prints what the mirror reads in each body: type, time, records, columns, other fields, warnings."
        " Stores nothing, and needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("vendor", help="the name of a module in entities/vendors")
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a body as the vendor delivers it; - for standard input"
        )

    def handle(self, *, vendor: str, files: list[str], **options: Any) -> None:
        known = _find_vendor(vendor)
        unread = [file for file in files if not self._show(vendor, known, Path(file))]
        if unread:
            raise CommandError(f"{len(unread)} of {len(files)} bodies became no record: {', '.join(unread)}")

    def _show(self, name: str, vendor: Vendor, file: Path) -> bool:
        """Print what is read in one file; return True if it became records. name: of the vendor's module."""
        try:
            body = sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        try:
            report = describe_body(vendor, body, datetime.now(UTC))
        except Exception as error:
            # Wrong tables raise anything: the checks, which take longer, say what is wrong with them.
            mistakes = _list_mistakes(name)
            if not mistakes:
                raise
            raise CommandError("\n".join(("the module cannot be used:", *mistakes))) from error
        self.stdout.write(f"{file}")
        for line in report.lines:
            self.stdout.write(f"  {line}")
        return report.is_read


def _list_mistakes(name: str) -> list[str]:
    """Return the errors that `manage.py check` finds in a vendor's module, a line each."""
    place = f"{vendors.__name__}.{name}"
    errors = (message for message in run_checks() if message.obj == place and message.is_serious())
    return [f"  {error.id}: {error.msg}. {error.hint}" for error in errors]


def _find_vendor(name: str) -> Vendor:
    try:
        return get_vendor(name)
    except UnusableVendor as error:
        raise CommandError(str(error)) from error

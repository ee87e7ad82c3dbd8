"""`manage.py drop_reader`: drops a database role that `create_reader` has made."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from entities.sql.sql_readers import UnusableRole, drop_reader


class Command(BaseCommand):
    help = "End the sessions of a database role that create_reader has made, and drop it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="The name of the role.")

    def handle(self, *, role: str, **options: Any) -> None:
        try:
            with transaction.atomic():
                reader = drop_reader(role)
                write_audit_entry(identify_command("drop_reader"), AuditAction.READER_DROPPED, reader)
        except UnusableRole as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Role {role!r} is gone.")

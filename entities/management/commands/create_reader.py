"""`manage.py create_reader`: creates a database role that reads in SQL, and prints its password."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction

from entities.audit import identify_command, write_audit_entry
from entities.management.limit_arguments import find_places
from entities.models import AuditAction
from entities.sql.sql_readers import UnusableRole, create_reader
from entities.sql.sql_views import SCHEMA


class Command(BaseCommand):
    help = (
        "Create a database role that may read the mirror's views, and print its password. The password goes"
        " to standard output, and cannot be shown again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="The name of the role, such as ada_notebook.")
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="SLUG",
            help="Let it see this source only; may be repeated. Without it, it sees all of them.",
        )

    def handle(self, *, role: str, source: Sequence[str] = (), **options: Any) -> None:
        source_ids = {source_id for source_id, _ in find_places(source, ())}
        try:
            with transaction.atomic():
                reader, password = create_reader(role, source_ids or None)
                write_audit_entry(
                    identify_command("create_reader"),
                    AuditAction.READER_CREATED,
                    reader,
                    sources=", ".join(sorted(source)) or "all",
                )
        except UnusableRole as error:
            raise CommandError(str(error)) from None
        except ProgrammingError as error:
            user = connection.settings_dict["USER"]
            raise CommandError(
                f"The database refused: {str(error).splitlines()[0]}. The mirror's own role needs the"
                f" right to create others: run ALTER ROLE {user} CREATEROLE as a superuser."
            ) from None
        database = connection.settings_dict["NAME"]
        self.stderr.write(
            f"Role {role!r} reads the schema {SCHEMA!r} of the database {database!r}, of"
            f" {', '.join(sorted(source)) or 'all sources'}. Its password is not shown again."
        )
        self.stdout.write(password)

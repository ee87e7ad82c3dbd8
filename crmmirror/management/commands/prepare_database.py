"""`manage.py prepare_database`: what a database needs before `manage.py up` serves it."""

import os
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from crmmirror.embedded.stack import ADMIN, PASSWORD_IS_OURS, PASSWORD_IS_THEIRS
from entities.vendors import all_vendors
from events.models import Source
from events.sources.registry import create_source


class Command(BaseCommand):
    help = (
        "Migrates, makes an admin user (password: ADMIN_PASSWORD) and, with --demo, a source of each vendor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true")

    def handle(self, *, demo: bool, **_: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        for vendor in all_vendors() if demo else ():
            if not Source.objects.filter(slug=vendor).exists():
                create_source(vendor, vendor)
        self.stdout.write(
            PASSWORD_IS_OURS if ensure_admin(os.environ["ADMIN_PASSWORD"]) else PASSWORD_IS_THEIRS
        )


def ensure_admin(password: str) -> bool:
    """See to it that somebody can log in; whether this password lets `admin` in."""
    if not User.objects.filter(is_superuser=True).exists():
        User.objects.create_superuser(ADMIN, password=password)
    admin = User.objects.filter(username=ADMIN).first()
    return admin is not None and admin.check_password(password)

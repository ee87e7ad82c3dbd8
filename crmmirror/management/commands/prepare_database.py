"""`manage.py prepare_database`: brings a database to the state in which `manage.py up` can serve it."""

import os
from io import TextIOBase
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crmmirror.embedded.stack import ADMIN_USERNAME, GENERATED_PASSWORD_MESSAGE, OTHER_PASSWORD_MESSAGE
from crmmirror.secret_files import read_secret_files
from entities.audit import identify_command
from entities.vendors import all_vendors
from events.models import Source
from events.sources.registry import create_source
from events.sources.trial_keys import add_trial_key_if_on

log = structlog.get_logger(__name__)


class MigrateLog(TextIOBase):
    """Logs what a silent `migrate` writes, which is for whom it waits: `up` prints lines of the log."""

    def write(self, text: str) -> int:
        log.warning("migration_waits", reason=text.strip())
        return len(text)


class Command(BaseCommand):
    help = (
        "Migrates, makes an admin user (password: ADMIN_PASSWORD) and, with --demo, a source of each vendor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make a source of each vendor")

    def handle(self, *, demo: bool, **_: Any) -> None:
        password = read_secret_files(os.environ).get("ADMIN_PASSWORD") or os.environ.get("ADMIN_PASSWORD")
        if not password:
            raise CommandError(
                "Set ADMIN_PASSWORD: the password of the user admin, if there is no such user yet."
            )
        call_command("migrate", interactive=False, verbosity=0, stdout=MigrateLog())
        if demo:
            create_demo_sources()
        # The last line is read by `manage.py up`.
        is_generated = ensure_admin(password)
        self.stdout.write(GENERATED_PASSWORD_MESSAGE if is_generated else OTHER_PASSWORD_MESSAGE)


def create_demo_sources() -> None:
    """Create a source for each vendor that has none of its name."""
    for vendor in all_vendors():
        if not Source.objects.filter(slug=vendor).exists():
            source, _ = create_source(vendor, vendor)
            add_trial_key_if_on(source, identify_command("prepare_database"))


def ensure_admin(password: str) -> bool:
    """Create the admin user if there is no superuser. Return True if this password logs the admin in."""
    if not User.objects.filter(is_superuser=True).exists():
        User.objects.create_superuser(ADMIN_USERNAME, password=password)
    admin = User.objects.filter(username=ADMIN_USERNAME).first()
    return admin is not None and admin.check_password(password)

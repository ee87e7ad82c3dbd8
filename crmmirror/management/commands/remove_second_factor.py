"""`manage.py remove_second_factor`: for a user who has lost his phone and his recovery codes."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction, SecondFactor


class Command(BaseCommand):
    help = "Removes the second factor of a user, who then logs in with the password alone, or adds a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name")

    @transaction.atomic
    def handle(self, *, user: str, **_: Any) -> None:
        person = User.objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"There is no user {user!r}.")
        if not SecondFactor.objects.filter(user=person).delete()[0]:
            raise CommandError(f"The user {user!r} has no second factor.")
        write_audit_entry(identify_command("remove_second_factor"), AuditAction.SECOND_FACTOR_REMOVED, person)
        self.stdout.write(f"The second factor of {user} is removed.")

"""Makes a token for the API and prints it, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from entities.models import ApiToken


class Command(BaseCommand):
    help = "Makes an API token for a user. The token alone goes to standard output, and is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="The user's name; the token may read what the user may view.")
        parser.add_argument("--name", required=True, help="What the token is for; one user's names differ.")
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="Days until it expires; never without."
        )

    def handle(self, *, user: str, name: str, expires: int | None, **options: Any) -> None:
        if not name.strip():
            raise CommandError("Give the token a name.")
        owner = active_user(user)
        expires_at = days_from_now(expires) if expires is not None else None
        try:
            with transaction.atomic():
                token, text = ApiToken.issue(owner, name.strip(), expires_at)
        except IntegrityError:
            raise CommandError(f"{user} has a token named {name.strip()!r} already.") from None
        until = f"expires {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "never expires"
        self.stderr.write(f"Token {token.name!r} of {user}, {until}. It is not shown again.")
        self.stdout.write(text)


def active_user(name: str) -> Any:
    users = get_user_model()
    try:
        user = users._default_manager.get_by_natural_key(name)
    except users.DoesNotExist:
        raise CommandError(f"There is no user {name!r}; manage.py createsuperuser makes one.") from None
    if not user.is_active:
        raise CommandError(f"The user {name!r} is inactive.")
    return user


def days_from_now(days: int) -> Any:
    try:
        expires_at = timezone.now() + timedelta(days=days)
    except OverflowError:
        expires_at = None
    if days < 1 or expires_at is None:
        raise CommandError("--expires takes a number of days, from 1 to a million or so.")
    return expires_at

"""`manage.py create_token`: creates a token for the API, and prints it this once."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from entities.access.delegation import set_limits
from entities.audit import identify_command, write_audit_entry
from entities.management.place_arguments import find_places
from entities.models import ApiToken, AuditAction


class Command(BaseCommand):
    help = (
        "Create an API token for a user, and print it. It goes to standard output, and cannot be shown again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="The user's name; the token may read what the user may view.")
        parser.add_argument("--name", required=True, help="What the token is for; one user's names differ.")
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="Days until it expires; never without."
        )

        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="SLUG",
            help="Limit the token to this source; may be repeated. It sees no more than its user.",
        )
        parser.add_argument(
            "--sub-account",
            action="append",
            default=[],
            metavar="SLUG/ID",
            help="Limit the token to this sub-account of a source; may be repeated.",
        )

    def handle(
        self,
        *,
        user: str,
        name: str,
        expires: int | None = None,
        source: Sequence[str] = (),
        sub_account: Sequence[str] = (),
        **options: Any,
    ) -> None:
        if not name.strip():
            raise CommandError("--name is empty: give the token a name, such as what it is for.")
        owner = find_active_user(user)
        expires_at = expiry_time(expires) if expires is not None else None
        places = find_places(source, sub_account)
        try:
            with transaction.atomic():
                token, text = ApiToken.issue(owner, name.strip(), expires_at)
                set_limits(token, places)
                actor = identify_command("create_token")
                write_audit_entry(actor, AuditAction.TOKEN_CREATED, token, owner=user)
        except IntegrityError:
            raise CommandError(
                f"{user} already has a token named {name.strip()!r}; give another --name."
            ) from None
        until = f"expires {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "never expires"
        self.stderr.write(f"Token {token.name!r} of {user}, {until}. It is not shown again.")
        self.stdout.write(text)


def find_active_user(name: str) -> Any:
    """Return the user of this name. Raises CommandError if there is none, or it is inactive."""
    users = get_user_model()
    try:
        user = users._default_manager.get_by_natural_key(name)
    except users.DoesNotExist:
        raise CommandError(
            f"There is no user {name!r}; create one in the admin, or with manage.py createsuperuser."
        ) from None
    if not user.is_active:
        raise CommandError(f"The user {name!r} is inactive; an inactive user cannot read the API.")
    return user


def expiry_time(days: int) -> datetime:
    """Return the time that many days from now. Raises CommandError if `days` is not a usable number."""
    try:
        expires_at = timezone.now() + timedelta(days=days)
    except OverflowError:
        expires_at = None
    if days < 1 or expires_at is None:
        raise CommandError(f"--expires {days}: give a number of days from 1 to about a million.")
    return expires_at

"""`manage.py create_token`: creates a token for the API, and prints it this once."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from entities.access.delegation import set_limits
from entities.audit import identify_command, write_audit_entry
from entities.management.limit_arguments import find_places, find_record_types
from entities.management.user_arguments import find_active_user
from entities.models import ApiToken, AuditAction
from entities.models.people.api_token import DEFAULT_DAYS

NEVER = "never"


class Command(BaseCommand):
    help = (
        "Create an API token for a user, and print it. It goes to standard output, and cannot be shown again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="The user's name; the token may read what the user may view.")
        parser.add_argument("--name", required=True, help="What the token is for; one user's names differ.")
        parser.add_argument(
            "--expires",
            default=str(DEFAULT_DAYS),
            metavar="DAYS",
            help=f"Days until it expires, {DEFAULT_DAYS} without this option; or never.",
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
        parser.add_argument(
            "--entity",
            action="append",
            default=[],
            metavar="KIND",
            help="Limit the token to this kind of record, such as deal; may be repeated.",
        )

    def handle(
        self,
        *,
        user: str,
        name: str,
        expires: str = str(DEFAULT_DAYS),
        source: Sequence[str] = (),
        sub_account: Sequence[str] = (),
        entity: Sequence[str] = (),
        **options: Any,
    ) -> None:
        if not name.strip():
            raise CommandError("--name is empty: give the token a name, such as what it is for.")
        owner = find_active_user(user)
        expires_at = None if expires == NEVER else expiry_time(expires)
        places, record_types = find_places(source, sub_account), find_record_types(entity)
        try:
            with transaction.atomic():
                token, text = ApiToken.issue(owner, name.strip(), expires_at, record_types)
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


def expiry_time(text: str) -> datetime:
    """Return the time that many days from now. Raises CommandError if it is not a usable number of days."""
    try:
        days = int(text)
        expires_at = timezone.now() + timedelta(days=days)
    except (ValueError, OverflowError):
        days = 0
    if days < 1:
        raise CommandError(f"--expires {text}: give a number of days from 1 to about a million, or {NEVER}.")
    return expires_at

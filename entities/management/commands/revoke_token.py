"""`manage.py revoke_token`: ends a token for the API at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from entities.audit import identify_command, write_audit_entry
from entities.management.user_arguments import find_user
from entities.models import ApiToken, AuditAction


class Command(BaseCommand):
    help = "Revoke an API token: whoever sends it is answered 401 from now on. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", help="The user whose token it is.")
        parser.add_argument("name", nargs="?", help="The token's name.")
        parser.add_argument(
            "--id",
            type=int,
            dest="token_id",
            metavar="ID",
            help="The id of the token in list_tokens, instead of both.",
        )

    def handle(
        self, *, user: str | None = None, name: str | None = None, token_id: int | None = None, **options: Any
    ) -> None:
        if (name is None) == (token_id is None) or (token_id is not None and user is not None):
            raise CommandError("Say which token: revoke_token USER NAME, or revoke_token --id ID.")
        with transaction.atomic():
            token = find_token_by_id(token_id) if token_id is not None else find_token(str(user), str(name))
            owner = token.user.get_username()
            actor = identify_command("revoke_token")
            write_audit_entry(actor, AuditAction.TOKEN_REVOKED, token, owner=owner)
            token.delete()
        self.stdout.write(f"Token {token.name!r} of {owner} is revoked: whoever sends it is answered 401.")


def find_token(user: str, name: str) -> ApiToken:
    """Return a user's token, locked. Raises CommandError."""
    token = _lock().filter(user=find_user(user), name=name).first()
    if token is None:
        raise CommandError(f"{user} has no token named {name!r}; list_tokens --user {user} lists them.")
    return token


def find_token_by_id(token_id: int) -> ApiToken:
    """Return the token with this id, locked. Raises CommandError."""
    token = _lock().filter(pk=token_id).first()
    if token is None:
        raise CommandError(f"There is no token {token_id}; list_tokens lists them.")
    return token


def _lock() -> Any:
    """Return the tokens, to be locked: of two who revoke one at a time, one finds none."""
    return ApiToken.objects.select_related("user").select_for_update(of=("self",))

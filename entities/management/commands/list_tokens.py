"""`manage.py list_tokens`: lists the tokens for the API, without what authenticates."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.text_table import format_table
from entities.access.token_limits import TokenLimits, with_limits
from entities.management.user_arguments import find_user
from entities.models import ApiToken

HEADINGS = ("id", "user", "name", "state", "created", "expires", "last used", "limits")
MAX_CELL = 60


class Command(BaseCommand):
    help = "List the API tokens: whose they are, what they are limited to, and when they were last used."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="List the tokens of this user only.")
        parser.add_argument("--json", action="store_true", help="Print JSON, for a program.")

    def handle(self, *, user: str | None = None, json: bool = False, **options: Any) -> None:
        tokens = with_limits(ApiToken.objects.select_related("user"))
        if user is not None:
            tokens = tokens.filter(user=find_user(user))
        rows = list(tokens.order_by("user__username", "name"))
        self.stdout.write(_format_json(rows) if json else _format_text(rows))


def _format_json(tokens: list[ApiToken]) -> str:
    return json.dumps([_describe(token) for token in tokens], indent=2)


def _describe(token: ApiToken) -> dict[str, Any]:
    times = {
        name: moment.isoformat() if (moment := getattr(token, name)) else None
        for name in ("created_at", "expires_at", "last_used_at")
    }
    names = {"id": token.pk, "user": token.user.get_username(), "name": token.name, "state": token.state}
    return names | times | asdict(TokenLimits.of(token))


def _format_text(tokens: list[ApiToken]) -> str:
    if not tokens:
        return "There are no tokens."
    return "\n".join(format_table([HEADINGS, *map(_format_cells, tokens)], {"id"}))


def _format_cells(token: ApiToken) -> tuple[str, ...]:
    return (
        str(token.pk),
        shorten(token.user.get_username(), MAX_CELL),
        shorten(token.name, MAX_CELL),
        token.state,
        _format_time(token.created_at),
        _format_time(token.expires_at),
        _format_time(token.last_used_at),
        str(TokenLimits.of(token)) or "none",
    )


def _format_time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"

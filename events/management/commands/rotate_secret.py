"""`manage.py rotate_secret`: gives a source a new secret; its old secrets stay active for a while."""

import json
import math
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from entities.vendors import UnusableVendor
from events.sources import rotation
from events.sources.registry import UnknownSource, get_source, one_line_message
from events.sources.rotation import rotate_secret

DEFAULT_HOURS = rotation.DEFAULT_OVERLAP / timedelta(hours=1)


class Command(BaseCommand):
    help = "Gives a source a new secret and prints it, only this once. Its old secrets end after the overlap."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source's name")
        parser.add_argument(
            "--secret",
            default="",
            help="the secret that the vendor shows, if it has one of its own; default: a new secret",
        )
        parser.add_argument(
            "--overlap",
            type=_parse_hours,
            default=rotation.DEFAULT_OVERLAP,
            metavar="HOURS",
            help=f"how long the old secrets stay active, such as 0 or 1.5; default: {DEFAULT_HOURS:g}",
        )
        parser.add_argument("--json", action="store_true", help='prints {"slug", "secret", "old_end_at"}')

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source = get_source(options["slug"])
            with transaction.atomic():
                secret, old_end_at = rotate_secret(source, options["secret"], options["overlap"])
                hours = options["overlap"] / timedelta(hours=1)
                actor = identify_command("rotate_secret")
                write_audit_entry(actor, AuditAction.SECRET_ROTATED, source, overlap_hours=hours)
        except (UnknownSource, UnusableVendor) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(one_line_message(error)) from None
        rotation_result = {
            "slug": source.slug,
            "secret": secret,
            "old_end_at": old_end_at.isoformat(timespec="seconds"),
        }
        self.stdout.write(
            json.dumps(rotation_result) if options["json"] else "\n".join(_lines(rotation_result))
        )


def _parse_hours(text: str) -> timedelta:
    try:
        hours = float(text)
        if not math.isfinite(hours):
            raise ValueError
        return timedelta(hours=hours)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is not a number of hours") from None


def _lines(rotation_result: dict[str, str]) -> list[str]:
    return [
        f"source  {rotation_result['slug']}",
        f"secret  {rotation_result['secret']}",
        f"The old secrets end at {rotation_result['old_end_at']}.",
    ]

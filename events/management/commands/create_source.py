"""`manage.py create_source`: creates a source, and prints the path to deliver to and the secret."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from entities.vendors import all_vendors
from events.models import Encoding, Scheme, Source
from events.signatures.signature_rows import get_signatures, uses_key_pair
from events.sources.registry import (
    READING_OPTIONS,
    RETENTION_OPTIONS,
    SIGNATURE_OPTIONS,
    create_source,
    one_line_message,
)
from events.sources.trial_keys import add_trial_key, add_trial_key_if_on


class Command(BaseCommand):
    help = "Creates a source and prints the path to deliver to and the secret, which is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source's name in addresses and in the API, such as sales")
        parser.add_argument("--vendor", required=True, help=f"one of: {', '.join(sorted(all_vendors()))}")
        parser.add_argument("--scheme", choices=Scheme.values, default="", help="default: the vendor's")
        parser.add_argument(
            "--secret",
            default="",
            help="the secret that the vendor shows, if it has one of its own; default: a new secret",
        )
        parser.add_argument("--header", help="the header of the signature or token; default: the scheme's")
        parser.add_argument(
            "--prefix", help="the text before the signature or token in the header, such as sha256="
        )
        parser.add_argument(
            "--encoding", choices=Encoding.values, help="the encoding of an HMAC; default: hex"
        )
        parser.add_argument(
            "--time-zone", help="the time zone of dates that are written in UTC, such as Asia/Dubai"
        )
        parser.add_argument(
            "--region",
            dest="default_region",
            help="the country of phone numbers without a country code, such as AE",
        )
        parser.add_argument(
            "--assumed-currency",
            help="the currency of amounts for which the vendor states none, such as AED",
        )
        parser.add_argument(
            "--keep-days",
            type=int,
            metavar="N",
            help="the days after which the bodies of applied and ignored events are removed for good;"
            " default: never",
        )
        parser.add_argument(
            "--trial-key",
            action="store_true",
            help="for a vendor with a private key of its own: make a key for `deliver` to sign with",
        )
        parser.add_argument("--json", action="store_true", help='prints {"slug", "path", "secret"}')

    def handle(self, *args: Any, **options: Any) -> None:
        source_options = {
            name: options[name]
            for name in (*SIGNATURE_OPTIONS, *READING_OPTIONS, *RETENTION_OPTIONS)
            if options[name] is not None
        }
        arguments = [options[name] for name in ("slug", "vendor", "scheme", "secret")]
        try:
            with transaction.atomic():
                source, secret = create_source(*arguments, **source_options)
                actor = identify_command("create_source")
                write_audit_entry(actor, AuditAction.SOURCE_CREATED, source)
                (add_trial_key if options["trial_key"] else add_trial_key_if_on)(source, actor)
        except ValidationError as error:
            raise CommandError(one_line_message(error)) from None
        path = reverse("webhooks:receive", args=[source.uuid])
        if options["json"]:
            self.stdout.write(json.dumps({"slug": source.slug, "path": path, "secret": secret or None}))
        else:
            self.stdout.write("\n".join(_lines(source, path, secret)))


def _lines(source: Source, path: str, secret: str) -> list[str]:
    lines = [("source", source.slug), ("scheme", source.scheme), ("header", get_signatures(source)[0].header)]
    lines += [("path", path), ("secret", secret or _no_secret(source))]
    return [f"{name:8}{value}" for name, value in lines if value]


def _no_secret(source: Source) -> str:
    if uses_key_pair(source):
        return "none: the vendor signs with a private key of its own"
    return "none: whoever knows the path can deliver"

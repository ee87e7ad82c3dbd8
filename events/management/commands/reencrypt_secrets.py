"""`manage.py reencrypt_secrets`: encrypts all secrets with the newest key; old keys can be dropped then."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction
from events.models import SourceSecret
from events.sources.encryption import NoEncryptionKey
from events.sources.readable_secrets import (
    describe,
    find_unreadable,
    find_unreadable_needed,
    raise_unreadable,
)
from events.sources.rotation import (
    reencrypt_all_secrets,
    reencrypt_api_keys,
    reencrypt_erasure_key,
    reencrypt_second_factors,
)


class Command(BaseCommand):
    help = "Encrypts all secrets with the first of ENCRYPTION_KEYS. Afterwards you can drop the other keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="changes nothing; names the secrets that none of ENCRYPTION_KEYS decrypts, and exits 1 if "
            "active sources need any of them",
        )

    def handle(self, *, check: bool, **_: Any) -> None:
        try:
            lines = _check() if check else _reencrypt()
        except NoEncryptionKey as error:
            raise CommandError(str(error) if check else f"No secret was changed: {error}") from None
        self.stdout.write("\n".join(lines))


def _check() -> list[str]:
    raise_unreadable(find_unreadable_needed())
    secrets = SourceSecret.objects.order_by("source__slug", "id")
    return ["All secrets that active sources need can be decrypted.", *_lines(find_unreadable(secrets))]


def _reencrypt() -> list[str]:
    with transaction.atomic():
        count, unreadable = reencrypt_all_secrets()
        count += reencrypt_api_keys() + reencrypt_second_factors() + reencrypt_erasure_key()
        actor = identify_command("reencrypt_secrets")
        write_audit_entry(actor, AuditAction.SECRETS_REENCRYPTED, count=count)
    return [f"{count} secrets are encrypted with the first of ENCRYPTION_KEYS.", *_lines(unreadable)]


def _lines(unreadable: list[SourceSecret]) -> list[str]:
    return [f"Not needed, and cannot be decrypted: {describe(unreadable)}."] if unreadable else []

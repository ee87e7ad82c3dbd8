"""`manage.py reencrypt_secrets`: encrypts all secrets with the newest key; old keys can be dropped then."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.sources.encryption import NoEncryptionKey
from events.sources.rotation import reencrypt_all_secrets


class Command(BaseCommand):
    help = "Encrypts all secrets with the first of ENCRYPTION_KEYS. Afterwards you can drop the other keys."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reencrypt_all_secrets()
        except NoEncryptionKey as error:
            raise CommandError(f"No secret was changed: {error}") from None
        self.stdout.write(f"{count} secrets are encrypted with the first of ENCRYPTION_KEYS.")

"""Reads encrypted secrets as far as ENCRYPTION_KEYS allows, and finds those that no key decrypts.

There are such secrets after the database was restored, or moved, without the keys that belong to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from events.models import SourceSecret
from events.signatures import SCHEMES
from events.sources.encryption import NoEncryptionKey, decrypt, decrypt_or_none
from events.sources.secret_expiry import IS_ACTIVE

REMEDY = (
    "Add the keys with which they were encrypted to ENCRYPTION_KEYS, and restart. If the keys are lost, "
    "rotate each secret (manage.py rotate_secret SOURCE --overlap 0), and give the vendor the new one."
)


@dataclass(frozen=True, slots=True)
class SecretReading:
    """The secrets that could be decrypted, in the given order, and how many could not."""

    readable: list[str]
    unreadable_count: int


def read_secrets(ciphertexts: Sequence[bytes]) -> SecretReading:
    """Decrypt what can be decrypted."""
    readable = [secret for secret in map(decrypt_or_none, ciphertexts) if secret is not None]
    return SecretReading(readable, len(ciphertexts) - len(readable))


def choose_signing_secret(scheme: str, ciphertexts: Sequence[bytes]) -> str:
    """Return the first secret that can be decrypted; empty if there is none, or if the scheme uses none.

    Raises events.sources.encryption.NoEncryptionKey if there are secrets, and none can be decrypted.
    """
    if not ciphertexts or not uses_secrets(scheme):
        return ""
    readable = read_secrets(ciphertexts).readable
    return readable[0] if readable else decrypt(ciphertexts[0])


def uses_secrets(scheme: str) -> bool:
    return SCHEMES[scheme].new_secret is not None


def needed_secrets() -> QuerySet[SourceSecret]:
    """Return the active secrets of active sources, by source."""
    without_secrets = [scheme for scheme in SCHEMES if not uses_secrets(scheme)]
    secrets = SourceSecret.objects.filter(IS_ACTIVE, source__active=True)
    return secrets.exclude(source__scheme__in=without_secrets).order_by("source__slug", "id")


def find_unreadable(secrets: QuerySet[SourceSecret]) -> list[SourceSecret]:
    """Return those of the secrets that no key decrypts, with their sources."""
    return [secret for secret in secrets.select_related("source") if not is_readable(secret)]


def is_readable(secret: SourceSecret) -> bool:
    return decrypt_or_none(bytes(secret.ciphertext)) is not None


def describe(secrets: Iterable[SourceSecret]) -> str:
    """Name secrets by source and id, such as `sales (secret 3)`; never by their values."""
    return ", ".join(f"{secret.source.slug} (secret {secret.pk})" for secret in secrets)


def raise_unreadable(secrets: Sequence[SourceSecret]) -> None:
    """Raise NoEncryptionKey, which names the secrets, if there are any."""
    if secrets:
        raise NoEncryptionKey(f"None of ENCRYPTION_KEYS decrypts {describe(secrets)}. {REMEDY}")

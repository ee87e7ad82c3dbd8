"""Reads encrypted secrets as far as ENCRYPTION_KEYS allows, and finds those that no key decrypts.

There are such secrets after the database was restored, or moved, without the keys that belong to it.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from entities.signature_language import SCHEMES
from entities.vendors import UnusableVendor, all_vendors
from events.models import Scheme, SourceSecret
from events.signatures.signature_rows import takes_secret
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


def first_readable_secret(ciphertexts: Sequence[bytes]) -> str:
    """Return the first secret that can be decrypted; empty if there is none.

    Raises events.sources.encryption.NoEncryptionKey if there are secrets, and none can be decrypted.
    """
    if not ciphertexts:
        return ""
    readable = read_secrets(ciphertexts).readable
    return readable[0] if readable else decrypt(ciphertexts[0])


def needed_secrets() -> QuerySet[SourceSecret]:
    """Return the active secrets of active sources, by source; without trial keys, which no vendor needs."""
    schemes = [name for name, signature in SCHEMES.items() if not takes_secret(signature)]
    names = _names_of_vendors_without_secrets()
    secrets = SourceSecret.objects.filter(IS_ACTIVE, source__active=True, is_trial=False)
    secrets = secrets.exclude(source__scheme__in=schemes)
    secrets = secrets.exclude(Q(source__scheme=Scheme.VENDOR) & Q(source__vendor__in=names))
    return secrets.order_by("source__slug", "id")


def _names_of_vendors_without_secrets() -> list[str]:
    """Return the vendors that sign by no secret; none while a vendor's module cannot be imported."""
    with suppress(UnusableVendor):
        known = all_vendors().values()
        return [vendor.name for vendor in known if not any(map(takes_secret, vendor.signatures))]
    return []


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

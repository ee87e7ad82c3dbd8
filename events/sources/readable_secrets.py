"""Reads encrypted secrets as far as ENCRYPTION_KEYS allows, and finds those that no key decrypts.

There are such secrets after the database was restored, or moved, without the keys that belong to it.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q, QuerySet

from entities.signature_language import SCHEMES
from entities.vendors import UnusableVendor, all_vendors
from events.models import ApiAccess, Scheme, SourceSecret
from events.signatures.signature_rows import takes_secret
from events.sources.encryption import NoEncryptionKey, decrypt, decrypt_or_none
from events.sources.secret_expiry import IS_ACTIVE

REMEDY = (
    "Add the keys with which they were encrypted to ENCRYPTION_KEYS, and restart. If the keys are lost, "
    "rotate each secret (manage.py rotate_secret SOURCE --overlap 0), and give the vendor the new one; and "
    "set each API key again (manage.py set_api_key SOURCE)."
)
StoredSecret = SourceSecret | ApiAccess
"""A secret that is encrypted in the database, of a source."""
Secret = TypeVar("Secret", SourceSecret, ApiAccess)


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


def needed_api_keys() -> QuerySet[ApiAccess]:
    """Return the API keys of active sources, by source."""
    return ApiAccess.objects.filter(source__active=True).order_by("source__slug")


def find_unreadable_needed(max_checked: int | None = None) -> list[StoredSecret]:
    """Return the secrets and API keys of active sources that no key decrypts.

    max_checked: how many of either are looked at; all if it is None.
    """
    secrets, keys = needed_secrets()[:max_checked], needed_api_keys()[:max_checked]
    return [*find_unreadable(secrets), *find_unreadable(keys)]


def find_unreadable(secrets: QuerySet[Secret]) -> list[Secret]:
    """Return those of the secrets that no key decrypts, with their sources."""
    return [secret for secret in secrets.select_related("source") if not is_readable(secret)]


def is_readable(secret: StoredSecret) -> bool:
    return decrypt_or_none(bytes(secret.ciphertext)) is not None


def describe(secrets: Iterable[StoredSecret]) -> str:
    """Name secrets by source and id, such as `sales (secret 3)`, `sales (API key)`; never by their values."""
    kinds = ((one, "API key" if isinstance(one, ApiAccess) else f"secret {one.pk}") for one in secrets)
    return ", ".join(f"{secret.source.slug} ({kind})" for secret, kind in kinds)


def raise_unreadable(secrets: Sequence[StoredSecret]) -> None:
    """Raise NoEncryptionKey, which names the secrets, if there are any."""
    if secrets:
        raise NoEncryptionKey(f"None of ENCRYPTION_KEYS decrypts {describe(secrets)}. {REMEDY}")

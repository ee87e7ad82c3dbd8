"""Rotation of secrets: a new secret is added, and the old ones expire after an overlap.

Also re-encrypts all secrets, API keys, and the keys of second factors and of erasure marks, after a rotation
of the encryption key.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Least, Now

from entities.models import ErasureKey, SecondFactor
from events.models import ApiAccess, Source, SourceSecret
from events.signatures.signature_rows import uses_secrets
from events.sources import encryption
from events.sources.encryption import decrypt_or_none
from events.sources.readable_secrets import find_unreadable, raise_unreadable
from events.sources.registry import check_or_make_secret
from events.sources.secret_expiry import IS_ACTIVE

DEFAULT_OVERLAP = timedelta(hours=24)
MAX_OVERLAP = timedelta(days=365)
# How long an expired secret stays listed.
EXPIRED_SECRET_RETENTION = timedelta(days=90)


@transaction.atomic
def rotate_secret(
    source: Source, secret: str = "", overlap: timedelta = DEFAULT_OVERLAP
) -> tuple[str, datetime]:
    """Add a secret to a source; return it, and the time at which the old ones expire.

    secret: a new one is made if empty. An old secret that expires before the end of the overlap still does.
    Raises ValidationError and events.sources.encryption.NoEncryptionKey.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise ValidationError({"overlap": f"is not between 0 and {MAX_OVERLAP.days} days"})
    # The database's clock, because secrets expire by it. The lock makes two rotations wait for each other.
    began_at = Source.objects.select_for_update().values_list(Now(), flat=True).get(pk=source.pk)
    secret = _check_or_make_new_secret(source, secret)
    old_end_at = began_at + overlap
    active_secrets(source).update(expires_at=Least("expires_at", old_end_at))
    expired_before = Now() - EXPIRED_SECRET_RETENTION
    SourceSecret.objects.filter(source=source, expires_at__lt=expired_before).delete()
    SourceSecret.objects.create(source=source, ciphertext=encryption.encrypt(secret))
    return secret, old_end_at


def end_secret(secret: SourceSecret) -> None:
    """Let a secret expire now: deliveries that it signed are refused from now on."""
    SourceSecret.objects.filter(IS_ACTIVE, pk=secret.pk).update(expires_at=Now())


def active_secrets(source: Source) -> QuerySet[SourceSecret]:
    """Return the active secrets of a source, newest first; without its trial keys."""
    return SourceSecret.objects.filter(IS_ACTIVE, source=source, is_trial=False)


def all_secrets(source: Source) -> QuerySet[SourceSecret]:
    """Return all secrets and trial keys of a source, newest first, each with the boolean `is_active`."""
    return SourceSecret.objects.filter(source=source).annotate(is_active=IS_ACTIVE)


@transaction.atomic
def reencrypt_all_secrets() -> tuple[int, list[SourceSecret]]:
    """Encrypt every secret with the first of ENCRYPTION_KEYS.

    Return how many were encrypted, and those that stay as they are: no key decrypts them, and nobody
    needs them any more, because they have ended. Raises events.sources.encryption.NoEncryptionKey if there
    are others that no key decrypts, and changes nothing then.
    """
    stored_secrets = SourceSecret.objects.select_for_update(of=("self",)).order_by("source__slug", "id")
    unreadable = find_unreadable(stored_secrets)
    active_ids = set(SourceSecret.objects.filter(IS_ACTIVE).values_list("id", flat=True))
    raise_unreadable([secret for secret in unreadable if secret.pk in active_ids])
    readable = list(stored_secrets.exclude(pk__in=[secret.pk for secret in unreadable]))
    for secret in readable:
        secret.ciphertext = encryption.reencrypt(bytes(secret.ciphertext))
    return SourceSecret.objects.bulk_update(readable, ["ciphertext"], batch_size=1000), unreadable


@transaction.atomic
def reencrypt_second_factors() -> int:
    """Encrypt the keys of users' second factors with the first of ENCRYPTION_KEYS; return how many.

    One that no key decrypts stays as it is. Its user has his recovery codes, or gets a new second factor.
    """
    factors = SecondFactor.objects.select_for_update().order_by("id")
    readable = [one for one in factors if encryption.decrypt_or_none(bytes(one.ciphertext)) is not None]
    for factor in readable:
        factor.ciphertext = encryption.reencrypt(bytes(factor.ciphertext))
    return SecondFactor.objects.bulk_update(readable, ["ciphertext"], batch_size=1000)


@transaction.atomic
def reencrypt_erasure_key() -> int:
    """Encrypt the key of the erasure marks with the first of ENCRYPTION_KEYS; return how many keys there are.

    Raises events.sources.encryption.NoEncryptionKey: without it nobody knows who was erased.
    """
    keys = list(ErasureKey.objects.select_for_update())
    for key in keys:
        key.ciphertext = encryption.reencrypt(bytes(key.ciphertext))
    return ErasureKey.objects.bulk_update(keys, ["ciphertext"])


@transaction.atomic
def reencrypt_api_keys() -> int:
    """Encrypt the API keys of sources with the first of ENCRYPTION_KEYS; return how many there are.

    Raises events.sources.encryption.NoEncryptionKey if no key decrypts one, and changes nothing then.
    """
    keys = ApiAccess.objects.select_for_update(of=("self",)).order_by("source__slug")
    raise_unreadable(find_unreadable(keys))
    stored = list(keys)
    for key in stored:
        key.ciphertext = encryption.reencrypt(bytes(key.ciphertext))
    return ApiAccess.objects.bulk_update(stored, ["ciphertext"], batch_size=1000)


def _check_or_make_new_secret(source: Source, secret: str) -> str:
    if not uses_secrets(source):
        raise ValidationError({"secret": f"the scheme {source.scheme} uses no secret"})
    secret = check_or_make_secret(source, secret)
    if any(decrypt_or_none(bytes(active.ciphertext)) == secret for active in active_secrets(source)):
        raise ValidationError({"secret": "is already an active secret of the source"})
    return secret

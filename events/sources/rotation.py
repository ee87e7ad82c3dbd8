"""New secrets beside old ones, which end by themselves; and all of them under a new encryption key."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Least, Now

from events.models import Source, SourceSecret
from events.signatures import SCHEMES
from events.sources import encryption
from events.sources.encryption import decrypt_or_none
from events.sources.registry import check_or_make_secret

DEFAULT_OVERLAP = timedelta(hours=24)
MAX_OVERLAP = timedelta(days=365)
# So long is it shown that there was a secret; nothing can be read with it then.
ENDED_SECRET_RETENTION = timedelta(days=90)

ACTIVE = Q(expires_at=None) | Q(expires_at__gt=Now())


@transaction.atomic
def rotate_secret(
    source: Source, secret: str = "", overlap: timedelta = DEFAULT_OVERLAP
) -> tuple[str, datetime]:
    """The new secret, a fresh one unless given, and when the old ones end; one that ends before, does.

    Raises ValidationError, and events.sources.encryption.NoEncryptionKey.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise ValidationError({"overlap": f"is not between none and {MAX_OVERLAP.days} days"})
    # By the database's clock, by which they end.
    began_at = Source.objects.select_for_update().values_list(Now(), flat=True).get(pk=source.pk)
    secret = _new(source, secret)
    old_end_at = began_at + overlap
    of_source = SourceSecret.objects.filter(source=source)
    of_source.filter(ACTIVE).update(expires_at=Least("expires_at", old_end_at))
    of_source.filter(expires_at__lt=Now() - ENDED_SECRET_RETENTION).delete()
    SourceSecret.objects.create(source=source, ciphertext=encryption.encrypt(secret))
    return secret, old_end_at


def end_secret(secret: SourceSecret) -> None:
    """What it has signed is refused from now on."""
    SourceSecret.objects.filter(ACTIVE, pk=secret.pk).update(expires_at=Now())


def active_secrets(source: Source) -> QuerySet[SourceSecret]:
    """Newest first."""
    return SourceSecret.objects.filter(ACTIVE, source=source)


@transaction.atomic
def reencrypt_all_secrets() -> int:
    """Encrypts every secret with the first of ENCRYPTION_KEYS; how many there are.

    Raises events.sources.encryption.NoEncryptionKey; nothing is changed then.
    """
    stored = SourceSecret.objects.select_for_update().select_related("source").order_by("id")
    for secret in stored:
        secret.ciphertext = encryption.reencrypt(bytes(secret.ciphertext))
    return SourceSecret.objects.bulk_update(stored, ["ciphertext"], batch_size=1000)


def _new(source: Source, secret: str) -> str:
    rules = SCHEMES[source.scheme]
    if rules.new_secret is None:
        raise ValidationError({"secret": f"the scheme {source.scheme} has none"})
    secret = check_or_make_secret(rules, secret)
    if any(decrypt_or_none(bytes(one.ciphertext)) == secret for one in active_secrets(source)):
        raise ValidationError({"secret": "is one of the source's already"})
    return secret

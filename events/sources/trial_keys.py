"""Trial keys: private keys of the mirror, for sources whose vendor signs with a private key of its own.

A source accepts what its trial key signed beside what its vendor signed, until the key is ended.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from events.models import Source, SourceSecret
from events.signatures.key_pairs import make_trial_key
from events.signatures.signature_rows import get_signatures, uses_key_pair, uses_secrets
from events.sources import encryption
from events.sources.readable_secrets import first_readable_secret
from events.sources.secret_expiry import IS_ACTIVE

# For annotate() of sources: whether one has a trial key that has not ended.
HAS_TRIAL_KEY = Exists(SourceSecret.objects.filter(IS_ACTIVE, source=OuterRef("pk"), is_trial=True))


class NoSigningSecret(Exception):
    """The source has nothing to sign with; the message says what to do."""


@transaction.atomic
def add_trial_key(source: Source, actor: Actor) -> SourceSecret:
    """Give the source a trial key, and write that down.

    Raises ValidationError if its vendor signs by no key pair, or if it has one already, and
    events.sources.encryption.NoEncryptionKey.
    """
    Source.objects.select_for_update().get(pk=source.pk)
    if not uses_key_pair(source):
        raise ValidationError(
            {"trial_key": "is not needed: the vendor does not sign with a private key of its own"}
        )
    if active_trial_keys(source).exists():
        raise ValidationError({"trial_key": "there is one already"})
    algorithm = get_signatures(source)[0].algorithm
    ciphertext = encryption.encrypt(make_trial_key(algorithm))
    key = SourceSecret.objects.create(source=source, ciphertext=ciphertext, is_trial=True)
    write_audit_entry(actor, AuditAction.TRIAL_KEY_CREATED, source, secret=key.pk)
    return key


def add_trial_key_if_on(source: Source, actor: Actor) -> None:
    """Give a new source a trial key, if it needs one to be tried, and the setting TRIAL_KEYS is on."""
    if settings.TRIAL_KEYS and uses_key_pair(source):
        add_trial_key(source, actor)


def active_trial_keys(source: Source) -> QuerySet[SourceSecret]:
    """Return the trial keys that have not ended, newest first."""
    return SourceSecret.objects.filter(IS_ACTIVE, source=source, is_trial=True)


def choose_signing_secret(source: Source) -> str:
    """Return the newest secret or trial key that signs for the source; empty if it needs none.

    Raises NoSigningSecret, events.sources.encryption.NoEncryptionKey and entities.vendors.UnusableVendor.
    """
    is_trial = uses_key_pair(source)
    if not is_trial and not uses_secrets(source):
        return ""
    secrets = SourceSecret.objects.filter(IS_ACTIVE, source=source, is_trial=is_trial)
    secret = first_readable_secret([bytes(secret.ciphertext) for secret in secrets])
    if secret:
        return secret
    raise NoSigningSecret(
        "The vendor signs with a private key of its own: make a trial key on the source's page first."
        if is_trial
        else "The source has no active secret: rotate it first."
    )

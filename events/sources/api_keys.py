"""The keys with which sources are read in their vendors' APIs: set, read and forgotten."""

import hashlib

from django.db import transaction

from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction
from entities.resource_language import Api
from entities.vendors import get_vendor
from events.models import ApiAccess, Source
from events.sources.encryption import decrypt, encrypt

MAX_KEY_LENGTH = 2000


class UnfitApiKey(Exception):
    """A key cannot be used. The message says why, without the key."""


def get_api(source: Source) -> Api:
    """Return what the vendor's module says of its API. Raises UnfitApiKey if it says nothing of one."""
    vendor = get_vendor(source.vendor)
    if vendor.api is None:
        raise UnfitApiKey(
            f"{vendor.label} has no API that lists records, as far as the mirror knows: use import_records"
        )
    return vendor.api


def set_api_key(source: Source, key: str, actor: Actor) -> ApiAccess:
    """Store the key of a source, in place of an older one. Raises UnfitApiKey and NoEncryptionKey."""
    get_api(source)
    key = key.strip()
    if not key or len(key) > MAX_KEY_LENGTH or not all("!" <= sign <= "~" for sign in key):
        raise UnfitApiKey(
            f"the key is empty, longer than {MAX_KEY_LENGTH} characters, or has other signs than ASCII"
        )
    digest = hashlib.sha256(key.encode()).hexdigest()
    with transaction.atomic():
        access, _ = ApiAccess.objects.update_or_create(
            source=source, defaults={"ciphertext": encrypt(key), "digest": digest, "proven_ids": []}
        )
        write_audit_entry(actor, AuditAction.API_KEY_SET, source)
    return access


@transaction.atomic
def remove_api_key(source: Source, actor: Actor) -> bool:
    """Forget the key of a source; return False if it has none."""
    count, _ = ApiAccess.objects.filter(source=source).delete()
    if count:
        write_audit_entry(actor, AuditAction.API_KEY_REMOVED, source)
    return bool(count)


def read_api_key(access: ApiAccess) -> str:
    """Return the key. Raises events.sources.encryption.NoEncryptionKey."""
    return decrypt(bytes(access.ciphertext))

"""Encryption of secrets at rest, and which secrets a source accepts."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from events.models import SourceSecret
from events.sources import encryption
from tests.support.vendor_requests import add_secret, deliver, new_source


def key() -> str:
    return Fernet.generate_key().decode()


def test_a_secret_is_encrypted_with_the_first_key_and_decrypted_with_any() -> None:
    old, new = key(), key()
    with override_settings(ENCRYPTION_KEYS=[old]):
        ciphertext = encryption.encrypt("s3cret")
    with override_settings(ENCRYPTION_KEYS=[new, old]):
        assert encryption.decrypt(ciphertext) == "s3cret"
        newer = encryption.encrypt("s3cret")
    with override_settings(ENCRYPTION_KEYS=[new]):
        assert encryption.decrypt(newer) == "s3cret"
        with pytest.raises(encryption.NoEncryptionKey, match="None of ENCRYPTION_KEYS"):
            encryption.decrypt(ciphertext)


@pytest.mark.parametrize("keys", [[], ["short"], [""]])
def test_missing_or_wrong_keys_are_named_in_the_message(keys: list[str]) -> None:
    with override_settings(ENCRYPTION_KEYS=keys), pytest.raises(encryption.NoEncryptionKey) as raised:
        encryption.encrypt("s3cret")
    assert "ENCRYPTION_KEYS" in str(raised.value)
    assert "Fernet.generate_key" in str(raised.value)


@pytest.mark.django_db
def test_a_stored_secret_is_not_readable_without_the_key() -> None:
    _, secret = new_source()
    stored = bytes(SourceSecret.objects.get().ciphertext)
    assert secret.encode() not in stored
    assert encryption.decrypt(stored) == secret


@pytest.mark.django_db
def test_old_and_new_secret_are_accepted_until_the_old_one_is_deleted() -> None:
    source, old = new_source("hmac-sha256")
    add_secret(source, "the-new-one")
    assert deliver(source, old, b"1").status_code == 202
    assert deliver(source, "the-new-one", b"2").status_code == 202
    SourceSecret.objects.order_by("id")[:1].get().delete()
    assert deliver(source, old, b"3").status_code == 401
    assert deliver(source, "the-new-one", b"3").status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("expires_in", "status"), [(timedelta(seconds=-1), 401), (timedelta(hours=1), 202)], ids=str
)
def test_a_secret_is_accepted_until_it_expires(expires_in: timedelta, status: int) -> None:
    source, secret = new_source("token")
    SourceSecret.objects.update(expires_at=datetime.now(UTC) + expires_in)
    assert deliver(source, secret).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["standard-webhooks", "hmac-sha256", "hmac-sha256-timestamped", "token"])
def test_a_source_whose_secrets_have_all_expired_accepts_nothing(scheme: str) -> None:
    source, secret = new_source(scheme)
    SourceSecret.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert deliver(source, secret).status_code == 401


@pytest.mark.django_db
def test_the_secret_of_another_source_proves_nothing() -> None:
    for scheme in ("standard-webhooks", "hmac-sha256", "hmac-sha256-timestamped", "token"):
        source, _ = new_source(scheme, slug=f"{scheme}-one")
        _, other = new_source(scheme, slug=f"{scheme}-two")
        assert deliver(source, other).status_code == 401

"""Encryption of secrets at rest: with the first of ENCRYPTION_KEYS; decryption with any of them."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NEW_KEY_COMMAND = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class NoEncryptionKey(ImproperlyConfigured):
    """ENCRYPTION_KEYS has no key, or none that decrypts the secret; the message says what to set."""


def encrypt(secret: str) -> bytes:
    """Encrypt a secret with the first key. Raises NoEncryptionKey."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(secret.encode())


def decrypt(ciphertext: bytes) -> str:
    """Decrypt a secret with whichever key fits. Raises NoEncryptionKey."""
    return _decrypt(bytes(ciphertext), tuple(settings.ENCRYPTION_KEYS))


def decrypt_or_none(ciphertext: bytes) -> str | None:
    """Decrypt a secret; return None if no key fits."""
    try:
        return decrypt(ciphertext)
    except NoEncryptionKey:
        return None


def reencrypt(ciphertext: bytes) -> bytes:
    """Return the same secret encrypted with the first key. Raises NoEncryptionKey."""
    return encrypt(decrypt(ciphertext))


# Speed: saves a delivery the decryption of its source's secret. See docs/speed.md.
@lru_cache(maxsize=1024)
def _decrypt(ciphertext: bytes, keys: tuple[str, ...]) -> str:
    try:
        return _cipher(keys).decrypt(ciphertext).decode()
    except InvalidToken:
        raise NoEncryptionKey(
            "None of ENCRYPTION_KEYS opens a stored secret: add the key that it was encrypted with, or "
            "rotate the secret."
        ) from None


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise NoEncryptionKey(f"ENCRYPTION_KEYS is not set: set it to the output of {NEW_KEY_COMMAND}")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise NoEncryptionKey(
            f"ENCRYPTION_KEYS has a value that is not a Fernet key: make one with {NEW_KEY_COMMAND}"
        ) from None

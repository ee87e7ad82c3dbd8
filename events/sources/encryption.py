"""Secrets at rest: encrypted with the first of ENCRYPTION_KEYS, read with any of them."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NEW_KEY_COMMAND = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class NoEncryptionKey(ImproperlyConfigured):
    """ENCRYPTION_KEYS holds no key, or none that opens the secret; the message says how to mend it."""


def encrypt(secret: str) -> bytes:
    """Raises NoEncryptionKey."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(secret.encode())


def decrypt(ciphertext: bytes) -> str:
    """Raises NoEncryptionKey."""
    return _decrypt(bytes(ciphertext), tuple(settings.ENCRYPTION_KEYS))


def decrypt_or_none(ciphertext: bytes) -> str | None:
    """None where no key opens it."""
    try:
        return decrypt(ciphertext)
    except NoEncryptionKey:
        return None


def reencrypt(ciphertext: bytes) -> bytes:
    """The same secret under the first key. Raises NoEncryptionKey."""
    return encrypt(decrypt(ciphertext))


@lru_cache(maxsize=1024)
def _decrypt(ciphertext: bytes, keys: tuple[str, ...]) -> str:
    try:
        return _cipher(keys).decrypt(ciphertext).decode()
    except InvalidToken:
        raise NoEncryptionKey(
            "None of ENCRYPTION_KEYS opens a stored secret: add the key that it was encrypted with."
        ) from None


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise NoEncryptionKey(f"ENCRYPTION_KEYS is not set: set it to the output of {NEW_KEY_COMMAND}")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise NoEncryptionKey(
            f"ENCRYPTION_KEYS holds what is no Fernet key: make one with {NEW_KEY_COMMAND}"
        ) from None

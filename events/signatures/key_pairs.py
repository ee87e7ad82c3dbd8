"""Signatures by key pairs: verification by a public key, and trial keys, with which the mirror signs itself.

A vendor that signs with a private key of its own cannot be imitated. A trial key is a private key that the
mirror made for one source, so that deliveries can be tried.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from entities.public_keys import PublicKey

PrivateKey = Ed25519PrivateKey | RSAPrivateKey
RSA_BITS = 2048


@dataclass(frozen=True)
class KeyPairAlgorithm:
    """One algorithm: generate makes a private key; the arguments of the others are (key, signature, text)
    and (key, text). verify raises InvalidSignature."""

    public_type: type
    generate: Callable[[], PrivateKey]
    verify: Callable[..., None]
    sign: Callable[..., bytes]


KEY_PAIR_RULES: Mapping[str, KeyPairAlgorithm] = {
    "ed25519": KeyPairAlgorithm(
        Ed25519PublicKey,
        Ed25519PrivateKey.generate,
        lambda key, signature, text: key.verify(signature, text),
        lambda key, text: key.sign(text),
    ),
    "rsa-sha256": KeyPairAlgorithm(
        RSAPublicKey,
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS),
        lambda key, signature, text: key.verify(signature, text, PKCS1v15(), SHA256()),
        lambda key, text: key.sign(text, PKCS1v15(), SHA256()),
    ),
}


def is_signed_by(key: PublicKey, algorithm: str, signature: bytes, text: bytes) -> bool:
    """Return True if the owner of the key signed the text; False also for a key of another algorithm."""
    rules = KEY_PAIR_RULES[algorithm]
    if not isinstance(key, rules.public_type):
        return False
    try:
        rules.verify(key, signature, text)
    except InvalidSignature:
        return False
    return True


def sign_with_trial_key(trial_key: str, algorithm: str, text: bytes) -> bytes:
    """Return the signature. trial_key: one that `make_trial_key` made for the same algorithm."""
    return KEY_PAIR_RULES[algorithm].sign(_read_private_key(trial_key), text)


def make_trial_key(algorithm: str) -> str:
    """Return a new private key, as base64 of its PKCS #8 in DER."""
    key = KEY_PAIR_RULES[algorithm].generate()
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def read_trial_public_key(trial_key: str) -> PublicKey | None:
    """Return the public key that belongs to a trial key; None if the text is none."""
    try:
        return _read_private_key(trial_key).public_key()
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=64)
def _read_private_key(trial_key: str) -> PrivateKey:
    key = load_der_private_key(base64.b64decode(trial_key, validate=True), password=None)
    if not isinstance(key, PrivateKey):
        raise ValueError("a private key of another algorithm")
    return key

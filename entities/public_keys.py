"""Reads public keys, as vendors publish them."""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

PublicKey = Ed25519PublicKey | RSAPublicKey
PEM_START = "-----BEGIN"


class UnreadablePublicKey(ValueError):
    """A text is no public key of a kind that is used here; the message says why."""


@lru_cache(maxsize=64)
def read_public_key(text: str) -> PublicKey:
    """Read a key in PEM, or in base64 of its SubjectPublicKeyInfo (DER). Raises UnreadablePublicKey."""
    try:
        if text.strip().startswith(PEM_START):
            key = load_pem_public_key(text.encode())
        else:
            key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise UnreadablePublicKey("is not a public key in PEM, nor base64 of one in DER") from error
    if not isinstance(key, PublicKey):
        raise UnreadablePublicKey("is a public key, but neither of Ed25519 nor of RSA")
    return key

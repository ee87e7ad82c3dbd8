"""Secrets: how one stands for the bytes of a key, which fit, and how new ones are made."""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable

from entities.public_keys import UnreadablePublicKey, read_public_key
from entities.signature_language import KEY_PAIR_ALGORITHMS, Signature
from events.signatures.errors import UnfitSecret
from events.signatures.signature_rows import takes_secret
from events.signatures.signed_request import to_bytes

KEY_BYTES = 32
TAKES_NONE = "the source takes no secret: its vendor signs with a private key of its own, or not at all"
BASIC_NAME = "crmmirror"
# What arrives unchanged in a header's value: printable ASCII without a space at either end.
SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


def read_key(signature: Signature, secret: str) -> bytes:
    """Return the key that a secret stands for. Raises UnfitSecret."""
    prefix = signature.key_prefix
    if not secret.startswith(prefix):
        raise UnfitSecret(f"the secret does not begin with {prefix}: it begins with {prefix} at this vendor")
    encoded = secret.removeprefix(prefix)
    if signature.key_encoding == "text":
        return to_bytes(encoded)
    place = f"what follows {prefix}" if prefix else "the secret"
    try:
        key = _decode_key(signature.key_encoding, encoded)
    except (binascii.Error, ValueError):
        raise UnfitSecret(f"{place} is not {WORDS[signature.key_encoding]}") from None
    if not key:
        raise UnfitSecret(f"nothing follows {prefix}" if prefix else "the secret is empty")
    return key


def check_secret(signatures: Iterable[Signature], secret: str) -> None:
    """Raise UnfitSecret, for the first of the signatures that takes a secret, unless the secret fits one."""
    errors: list[UnfitSecret] = []
    for signature in filter(takes_secret, signatures):
        try:
            return _check_secret(signature, secret)
        except UnfitSecret as error:
            errors.append(error)
    raise errors[0] if errors else UnfitSecret(TAKES_NONE)


def make_secret(signatures: Iterable[Signature]) -> str:
    """Return a new secret; empty if the signatures take none, or only a public key that the vendor makes."""
    signature = next(filter(takes_secret, signatures), None)
    if signature is None or signature.algorithm in KEY_PAIR_ALGORITHMS:
        return ""
    if signature.algorithm == "basic":
        return f"{BASIC_NAME}:{secrets.token_urlsafe(KEY_BYTES)}"
    if signature.algorithm == "equal":
        return secrets.token_urlsafe(KEY_BYTES)
    if signature.key_encoding == "base64":
        return signature.key_prefix + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return signature.key_prefix + secrets.token_hex(KEY_BYTES)


def _check_secret(signature: Signature, secret: str) -> None:
    if signature.algorithm in KEY_PAIR_ALGORITHMS:
        try:
            read_public_key(secret)
        except UnreadablePublicKey as error:
            raise UnfitSecret(f"the secret is the public key that the vendor shows: this {error}") from None
        return
    if not secret.strip():
        raise UnfitSecret("the secret is empty")
    if not secret.isprintable():
        raise UnfitSecret("the secret has characters that cannot be printed")
    if signature.algorithm == "equal" and not SENDABLE.fullmatch(secret):
        raise UnfitSecret("a token is printable ASCII without a space at either end")
    if signature.algorithm == "basic" and not secret.partition(":")[2]:
        raise UnfitSecret("for basic authentication write the name and the password as name:password")
    read_key(signature, secret)


def _decode_key(encoding: str, text: str) -> bytes:
    if encoding == "hex":
        return binascii.unhexlify(text)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


WORDS = {"hex": "hexadecimal", "base64": "base64"}

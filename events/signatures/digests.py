"""Digests by a shared secret, for vendors that sign with one or send the secret itself."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping

from entities.signature_language import Algorithm, Encoding
from events.signatures.signed_request import to_bytes

# Algorithm -> what makes the bytes that are sent of (key, signed text). For sha256, the text has the secret.
DIGESTS: Mapping[Algorithm, Callable[[bytes, bytes], bytes]] = {
    "hmac-sha256": lambda key, text: hmac.digest(key, text, "sha256"),
    "hmac-sha1": lambda key, text: hmac.digest(key, text, "sha1"),
    "hmac-sha512": lambda key, text: hmac.digest(key, text, "sha512"),
    "sha256": lambda key, text: hashlib.sha256(text).digest(),
    "equal": lambda key, text: key,
    "basic": lambda key, text: key,
}
ENCODE: Mapping[Encoding, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "text": lambda digest: digest.decode("utf-8", "surrogatepass"),
}


def matches_any(received: list[str], expected: str, encoding: Encoding) -> bool:
    """Return True if a received signature is the expected one. Hexadecimal may be in capitals."""
    if encoding == "hex":
        received = [signature.lower() for signature in received]
    return any(are_equal(signature, expected) for signature in received)


def are_equal(received: str, expected: str) -> bool:
    """Compare two texts in constant time, so that the answer's delay tells nothing about the expected one."""
    return hmac.compare_digest(to_bytes(received), to_bytes(expected))


def decode_signature(text: str, encoding: Encoding) -> bytes:
    """Return the bytes of a signature by a key pair; none if it is not in this encoding."""
    try:
        if encoding == "hex":
            return binascii.unhexlify(to_bytes(text))
        return base64.b64decode(to_bytes(text), validate=True)
    except (binascii.Error, ValueError):
        return b""

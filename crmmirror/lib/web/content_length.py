"""The body that a request announces: whether there is one, and its Content-Length."""

from collections.abc import Mapping
from typing import Any

# No real length has more digits. Without this limit `int` raises an error for thousands of digits.
MAX_LENGTH_DIGITS = 18


def announced_bytes(environ: Mapping[str, Any]) -> int | None:
    """Return the Content-Length; None if there is none, or it is not a number.

    environ: the WSGI environment.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    is_number = length.isascii() and length.isdecimal() and len(length) <= MAX_LENGTH_DIGITS
    return int(length) if is_number else None


def has_body(environ: Mapping[str, Any]) -> bool:
    """Return True if a body is announced, by its length or as chunks.

    environ: the WSGI environment.
    """
    return "HTTP_TRANSFER_ENCODING" in environ or environ.get("CONTENT_LENGTH", "") not in ("", "0")

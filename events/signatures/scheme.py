"""The interface of a signature scheme, its errors, and the checks that several schemes share."""

import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

WINDOW_SECONDS = 5 * 60
UNIX_SECONDS = re.compile(r"[0-9]{1,11}")


class NotAuthentic(Exception):
    """A delivery does not prove that its source sent it; the message says what is wrong."""


class WrongSignature(NotAuthentic):
    """The signature or token is missing, or no active secret made it."""


class TimestampOutsideWindow(NotAuthentic):
    """The signed timestamp is more than WINDOW_SECONDS from this server's clock."""


class UnfitSecret(ValueError):
    """The scheme cannot use the secret; the message says why and never contains the secret."""


class SignatureSettings(Protocol):
    """The settings of a source by which its deliveries are signed. `events.models.Source` has them."""

    @property
    def scheme(self) -> str: ...
    @property
    def header(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def encoding(self) -> str: ...


@dataclass(frozen=True)
class SignatureScheme:
    """One scheme: how to verify a delivery, and how to sign one as the vendor would.

    verify: (source, active secrets, body, headers); headers are case-insensitive. Raises NotAuthentic.
    sign: (source, secret, body, unix seconds) -> the headers to send.
    new_secret: makes a new secret; None if the scheme uses no secret.
    check_secret: raises UnfitSecret.
    default_header: the header that is used if the source names none.
    options: the ones of a source's `header`, `prefix` and `encoding` that the scheme uses.
    """

    verify: Callable[[SignatureSettings, Sequence[str], bytes, Mapping[str, str]], None]
    sign: Callable[[SignatureSettings, str, bytes, int], dict[str, str]]
    new_secret: Callable[[], str] | None
    check_secret: Callable[[str], None]
    default_header: str = ""
    options: frozenset[str] = frozenset()


def read_signature_header(source: SignatureSettings, headers: Mapping[str, str], default_header: str) -> str:
    """Return the value of the source's header without the source's prefix. Raises WrongSignature."""
    header = source.header or default_header
    value = headers.get(header, "")
    if not value:
        raise WrongSignature(f"The header {header} is missing or empty.")
    if not value.startswith(source.prefix):
        raise WrongSignature(f"The header {header} does not begin with the source's prefix.")
    return value.removeprefix(source.prefix)


def check_window(timestamp: str) -> None:
    """Raise NotAuthentic unless `timestamp` is in unix seconds and within the window."""
    if not UNIX_SECONDS.fullmatch(timestamp):
        raise WrongSignature("The timestamp is missing or is not in unix seconds.")
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise TimestampOutsideWindow(f"The timestamp is more than {WINDOW_SECONDS} seconds from now.")


def are_equal(received: str, expected: str) -> bool:
    """Compare two texts in constant time, so that the answer's delay tells nothing about the expected one."""
    return hmac.compare_digest(to_bytes(received), to_bytes(expected))


def to_bytes(text: str) -> bytes:
    """Encode any text, even lone surrogates; equal bytes mean equal text. `hmac` takes only ASCII text."""
    return text.encode("utf-8", "surrogatepass")

"""What the signature schemes share: the shape of a scheme, and how a delivery fails one."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

WINDOW_SECONDS = 5 * 60
UNIX_SECONDS = re.compile(r"[0-9]{1,11}")


class NotAuthentic(Exception):
    """A delivery does not show that its source sent it; the message says what is wrong with it."""


class WrongSignature(NotAuthentic):
    """No signature or token, or none that an active secret made."""


class TimestampOutsideWindow(NotAuthentic):
    """The signed timestamp is further than WINDOW_SECONDS from the clock here."""


class UnfitSecret(ValueError):
    """A secret that a scheme cannot use; the message says why and never holds the secret."""


class SignatureSettings(Protocol):
    """How a source's deliveries are signed. `events.models.Source` is one."""

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
    """All that one scheme knows: to verify a delivery, and to sign one as the vendor would.

    verify: (source, active secrets, body, headers); headers are case-insensitive. Raises Unproven.
    sign: (source, secret, body, unix seconds) -> the headers to send.
    new_secret: a fresh secret; None where the scheme has none.
    check_secret: raises UnfitSecret.
    default_header: the header where the source names none.
    options: which of a source's `header`, `prefix` and `encoding` mean something.
    """

    verify: Callable[[SignatureSettings, Sequence[str], bytes, Mapping[str, str]], None]
    sign: Callable[[SignatureSettings, str, bytes, int], dict[str, str]]
    new_secret: Callable[[], str] | None
    check_secret: Callable[[str], None]
    default_header: str = ""
    options: frozenset[str] = frozenset()


def read_signature_header(source: SignatureSettings, headers: Mapping[str, str], default_header: str) -> str:
    """The value of the source's header without the source's prefix. Raises WrongSignature."""
    header = source.header or default_header
    value = headers.get(header, "")
    if not value:
        raise WrongSignature(f"The header {header} is missing or empty.")
    if not value.startswith(source.prefix):
        raise WrongSignature(f"The header {header} does not begin with the source's prefix.")
    return value.removeprefix(source.prefix)


def check_window(timestamp: str) -> None:
    """Raises Unproven unless `timestamp` is unix seconds within the window."""
    if not UNIX_SECONDS.fullmatch(timestamp):
        raise WrongSignature("The timestamp is missing or not in unix seconds.")
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise TimestampOutsideWindow(f"The timestamp is more than {WINDOW_SECONDS} seconds from now.")


def to_comparable_bytes(text: str) -> bytes:
    """For `hmac.compare_digest`, which refuses text beyond ASCII; equal only for equal text."""
    return text.encode("utf-8", "surrogatepass")

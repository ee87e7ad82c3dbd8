"""Faults of the vendor: faults of single answers, which are planned, and switches, which last."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """A fault of one answer."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    EXPIRED_CURSOR = "expired-cursor"
    HTML = "html"
    HUGE = "huge"
    SLOW = "slow"
    HANGS_UP = "hangs-up"
    NO_JSON = "no-json"
    UNKNOWN_SHAPE = "unknown-shape"


class Cursors(StrEnum):
    """The behaviour of the cursors of lists.

    STEADY: a page begins after the last record of the page before. SHIFTING: it begins at a number of
    records, so that it shifts if one is added or deleted before it. REPEATED: each page names itself as the
    next one. ENDLESS: behind the last page, the list begins again, with cursors that were not seen before.
    """

    STEADY = "steady"
    SHIFTING = "shifting"
    REPEATED = "repeated"
    ENDLESS = "endless"


class ResetUnit(StrEnum):
    """The unit of RateLimit-Reset: seconds from now, or seconds since 1970."""

    SECONDS = "seconds"
    EPOCH = "epoch"


@dataclass
class Switches:
    """Faults that last until they are switched off. Tests set the fields while the server runs.

    forbidden: kinds of record that the key may not read. only_owner: the one owner whose records the key sees
        (a permission that narrowed); empty for all. left_out: keys that rows of lists do not have.
    clock_offset: seconds by which the header Date is off. has_page_numbers: whether version 1 has the pages
        of its older documentation, by number. has_limit_headers: whether answers say what is left of the
        limit.
    """

    cursors: Cursors = Cursors.STEADY
    reset_unit: ResetUnit = ResetUnit.SECONDS
    forbidden: frozenset[str] = frozenset()
    only_owner: str = ""
    left_out: frozenset[str] = frozenset()
    clock_offset: float = 0.0
    has_page_numbers: bool = False
    has_limit_headers: bool = True


@dataclass
class PlannedFaults:
    """The faults of the requests to come.

    slow_answers_go_on: what slow answers wait for. A test sets it, so that no time has to be guessed.
    """

    slow_answers_go_on: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _planned: dict[int, Fault] = field(default_factory=dict)
    _seen: int = 0

    def plan(self, fault: Fault, after: int = 0, times: int = 1) -> None:
        """Let this fault befall the next requests but `after`, so many of them."""
        with self._lock:
            first = self._seen + after
            self._planned |= dict.fromkeys(range(first, first + times), fault)

    def next_fault(self) -> Fault | None:
        """Count a request; return the fault that is planned for it."""
        with self._lock:
            self._seen += 1
            return self._planned.pop(self._seen - 1, None)


HUGE_BYTES = 50 * 1024 * 1024
HTML_PAGE = b"<!doctype html><html><body><h1>Log in</h1></body></html>"
# The documented answers of version 1 and 2 to what went wrong, in exchanges/.
DOCUMENTED_ERRORS: Mapping[Fault, tuple[str, str]] = {
    Fault.THROTTLED: ("v1-error-429", "v2-error-429"),
    Fault.SERVER_ERROR: ("v2-error-500", "v2-error-500"),
    Fault.UNAUTHORIZED: ("v1-error-401", "v2-error-401"),
    Fault.FORBIDDEN: ("v1-error-403", "v2-error-403"),
    Fault.EXPIRED_CURSOR: ("v1-error-400", "v2-error-400-validation"),
}

"""A bound on log lines: of each cause one a minute is written, which says how many others were left out.

Strangers can cause log lines, such as by requests with a wrong Host, and so could fill the disk. The same is
true of a service that is away, and that somebody tries to reach again every second or two.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

INTERVAL_SECONDS = 60.0
# Causes that are told apart. Beyond that they share one, so that what strangers make up fills no memory.
MAX_CAUSES = 200
MAX_MESSAGE_LENGTH = 300
OTHER_CAUSES = "other causes"
# Loggers whose lines have one cause, whatever they say: a broker that is away fails in many ways at once.
SHARED_CAUSES = {
    "celery.beat": "broker",
    "celery.worker": "broker",
    "kombu": "broker",
    "amqp": "broker",
    "psycopg.pool": "database",
}
# Whoever reads the path of such a link in a log, such as in the line about a page that failed, can set the
# password of its user for an hour.
RESET_LINK = re.compile(r"(/admin/reset/)\S+")
# Loggers whose tracebacks say nothing about this code: a request that was refused, a service that is away.
WITHOUT_TRACEBACK = ("django.security", *SHARED_CAUSES)


class LogBound:
    """Says which log lines may be written: one of each cause in INTERVAL_SECONDS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_times: dict[Hashable, float] = {}
        self._left_out: dict[Hashable, int] = {}

    def write(self, cause: Hashable, write_line: Callable[..., Any], event: str, **fields: Any) -> None:
        """Write a line, unless lines of this cause are left out now; say how many were since the last one.

        write_line: a method of a structlog logger, such as `log.warning`.
        """
        left_out = self.count_left_out(cause)
        if left_out is not None:
            write_line(event, **fields, **({"left_out": left_out} if left_out else {}))

    def count_left_out(self, cause: Hashable) -> int | None:
        """Return how many lines of this cause were left out since its last one, or None to leave this out."""
        now = time.monotonic()
        with self._lock:
            if cause not in self._next_times and len(self._next_times) >= MAX_CAUSES:
                cause = OTHER_CAUSES
            if now < self._next_times.get(cause, 0.0):
                self._left_out[cause] = self._left_out.get(cause, 0) + 1
                return None
            self._next_times[cause] = now + INTERVAL_SECONDS
            return self._left_out.pop(cause, 0)


class LibraryLogFilter(logging.Filter):
    """Bounds what libraries log: one line a minute for each cause, of bounded length.

    The line keeps the traceback of an error in the code, such as the one of a 500. A cause is the place that
    logs and, with an error, the place that raised it. own_loggers: whose lines are none of a library.
    """

    def __init__(self, own_loggers: tuple[str, ...]) -> None:
        super().__init__()
        self._own_loggers = own_loggers
        self._bound = LogBound()

    def filter(self, record: logging.LogRecord) -> bool:
        if _find_prefix(record.name, self._own_loggers):
            return True
        left_out = self._bound.count_left_out(_find_cause(record))
        if left_out is None:
            return False
        message = shorten_line(record.getMessage())
        record.msg, record.args = f"{message} [{left_out} more like it]" if left_out else message, ()
        if _find_prefix(record.name, WITHOUT_TRACEBACK):
            record.exc_info = record.exc_text = None
        return True


def shorten_line(text: str) -> str:
    """Return the first line of a text, bounded, and with escapes for what is no printable character.

    The links of forgotten passwords are left out.
    Strangers choose some of the texts; a line break in one would forge a line of the log.
    """
    line = RESET_LINK.sub(r"\1[left out]/", text.strip().partition("\n")[0])[: MAX_MESSAGE_LENGTH + 1]
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    return shown if len(shown) <= MAX_MESSAGE_LENGTH else f"{shown[:MAX_MESSAGE_LENGTH]}…"


def _find_cause(record: logging.LogRecord) -> Hashable:
    if prefix := _find_prefix(record.name, tuple(SHARED_CAUSES)):
        return SHARED_CAUSES[prefix]
    return (
        record.name,
        record.pathname,
        record.lineno,
        getattr(record, "status_code", 0),
        _find_origin(record),
    )


def _find_origin(record: logging.LogRecord) -> Hashable:
    """Return the class of the record's error and the place that raised it; None without an error."""
    kind, _, trace = record.exc_info or (None, None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if kind is None or trace is None:
        return None
    return kind.__qualname__, trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _find_prefix(name: str, prefixes: tuple[str, ...]) -> str:
    """Return the prefix that is this logger, or one above it; empty if there is none."""
    return next((prefix for prefix in prefixes if f"{name}.".startswith(f"{prefix}.")), "")

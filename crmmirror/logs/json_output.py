"""Makes a JSON line of whatever a process writes to its standard output and error, for LOG_FORMAT=json.

Logging is configured late, and some lines never pass through it: the banners of Celery, warnings, tracebacks
of what nobody catches.
"""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from io import TextIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

log = structlog.get_logger(__name__)

CELERY_PROGRAMS = {"worker", "beat"}


class JsonLines(TextIOBase):
    """A text stream that passes JSON lines on, and makes one of each other line.

    stream: where they go. level: what a line that is made says about itself. The part of a line that has no
    end yet is kept for each thread, so that lines of several threads do not mix.
    """

    def __init__(self, stream: TextIO, level: str) -> None:
        self._stream = stream
        self._level = level
        self._begun = threading.local()

    def write(self, text: str) -> int:
        *lines, self._begun.text = (getattr(self._begun, "text", "") + text).split("\n")
        written = [
            line if is_json_object(line) else make_line(line, self._level) for line in lines if line.strip()
        ]
        if written:
            self._stream.write("".join(f"{line}\n" for line in written))
            self._stream.flush()
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True


def write_json_lines() -> None:
    """Make this process write JSON lines only, also about exceptions that nobody catches."""
    if isinstance(sys.stdout, JsonLines):
        return
    sys.stdout = JsonLines(sys.stdout, "info")
    sys.stderr = JsonLines(sys.stderr, "error")
    sys.excepthook = log_exception
    threading.excepthook = log_thread_exception


def log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log an exception that has ended the process."""
    log.critical("process_failed", exc_info=(kind, error, trace))


def log_thread_exception(arguments: Any) -> None:
    """Log an exception that has ended a thread. arguments: as of `threading.excepthook`."""
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        log.error(
            "thread_failed", exc_info=(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        )


def write_directly(text: str, stream: TextIO | None = None) -> None:
    """Write a text as one JSON line without a lock, as the handler of a signal has to.

    stream: standard output or error; the latter by default.
    """
    if text.strip():
        os.write((stream or sys.stderr).fileno(), f"{make_line(text.strip(), 'warning')}\n".encode())


def make_line(text: str, level: str) -> str:
    """Return a text as a line of the log."""
    return json.dumps({"event": text, "level": level, "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"})


def is_json_object(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def is_worker_or_beat() -> bool:
    """Return True in the processes that serve; other programs of Celery print what somebody has asked for."""
    program = Path(sys.argv[0])
    return "celery" in (program.name, program.parent.name) and bool(CELERY_PROGRAMS & set(sys.argv[1:]))

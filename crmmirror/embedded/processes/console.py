"""Output for the person at the terminal: one line per event, of `up` itself and of its children's logs."""

import contextlib
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

# Lines in either format of crmmirror.logs.logging_config. Others, such as a traceback, stay in the file.
STRUCTURED_LINE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:]+Z) (?P<rest>.*)|(?P<json>\{.*\})")
# With the old one, a process has twice as much on the disk.
MAX_LOG_BYTES = 20_000_000


def print_event(name: str, text: str, moment: str = "") -> None:
    """Print one line. moment: in UTC, as text; now by default. A closed terminal does not raise an error."""
    moment = moment or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    print_text(f"{moment} {name:<9} {text}")


def print_text(text: str) -> None:
    """Print text as it is. A closed terminal does not raise an error: the stack must still stop in order."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class LogFollower:
    """Prints the structured lines that one child adds to its log."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.position = log.stat().st_size if log.exists() else 0

    def print_new_lines(self) -> None:
        """Print the lines that are complete and were not printed before."""
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self.position:
                # The log was rotated.
                self.position = 0
            file.seek(self.position)
            complete, newline, _ = file.read().rpartition(b"\n")
        self.position += len(complete) + len(newline)
        for line in complete.decode(errors="replace").splitlines():
            self._print_line(line)

    def _print_line(self, line: str) -> None:
        match = STRUCTURED_LINE.fullmatch(line)
        if match and match["json"]:
            print_text(line)
        elif match:
            print_event(self.name, match["rest"], match["time"])


def rotate_log(log: Path) -> None:
    """Move what is in a log of more than MAX_LOG_BYTES to `.old.log`, while its processes write on.

    They hold the file open for appending, so it is copied and emptied; a line that is written in the moment
    between the two may be lost.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size <= MAX_LOG_BYTES:
            return
        old = log.with_suffix(".old.log")
        with log.open("rb") as file, old.open("wb") as copy:
            shutil.copyfileobj(file, copy)
            # What was written meanwhile: a copy of 20 MB takes its time.
            shutil.copyfileobj(file, copy)
            os.truncate(log, 0)

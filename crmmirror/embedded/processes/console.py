"""What the person at the terminal sees: one line for each event of interest, our own and the children's."""

import contextlib
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

# The lines of crmmirror.logging_config, in either format; a library's banner or a traceback stays in the file.
OWN_LINE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:]+Z) (?P<rest>.*)|(?P<json>\{.*\})")
MAX_LOG_BYTES = 20_000_000


def print_event(name: str, text: str, moment: str = "") -> None:
    """Print one line. A terminal that was closed is no reason to stop."""
    moment = moment or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with contextlib.suppress(OSError, ValueError):
        print(f"{moment} {name:<9} {text}", flush=True)  # noqa: T201


def print_text(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class LogFollower:
    """Says the new lines of interest of one child's log."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.position = log.stat().st_size if log.exists() else 0

    def follow(self) -> None:
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            file.seek(self.position)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.position += len(whole) + len(newline)
        for line in whole.decode(errors="replace").splitlines():
            self._say(line)

    def _say(self, line: str) -> None:
        ours = OWN_LINE.fullmatch(line)
        if ours and ours["json"]:
            print_text(line)
        elif ours:
            print_event(self.name, ours["rest"], ours["time"])


def rotate_log(log: Path) -> Path:
    """Set a long log aside before a new run appends to it."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.rename(log.with_suffix(".old.log"))
    return log

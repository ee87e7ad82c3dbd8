"""A second terminal for a mirror: one process that runs commands of manage.py, one after the other.

To start Django for each command would take longer than the faults last.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from tests.support.paths import PROJECT
from tests.support.running_mirror import Mirror

TIMEOUT_SECONDS = 60.0


class Terminal:
    """A process that runs commands; without an answer in TIMEOUT_SECONDS it is killed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *argv: str) -> tuple[int, str]:
        """Run a command; return its exit status and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(argv) + "\n")
        self._process.stdin.flush()
        watchdog = threading.Timer(TIMEOUT_SECONDS, self._process.kill)
        watchdog.start()
        try:
            status, output = json.loads(self._process.stdout.readline())
        finally:
            watchdog.cancel()
            watchdog.join()
        return status, output


@contextmanager
def open_terminal(mirror: Mirror) -> Iterator[Terminal]:
    """Yield a terminal with the mirror's environment."""
    argv = [sys.executable, "-m", "tests.support.faults.terminal"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mirror.environment, cwd=PROJECT
    ) as process:
        try:
            yield Terminal(process)
        finally:
            process.kill()


def main() -> None:
    """Read commands as JSON, a line each; write the status and the output of each as a line."""
    import django

    django.setup()
    for line in sys.stdin:
        status, output = run_django_command(json.loads(line))
        sys.stdout.write(json.dumps([status, output]) + "\n")
        sys.stdout.flush()


def run_django_command(argv: list[str]) -> tuple[int, str]:
    from django.core.management import call_command
    from django.db import connection

    output = StringIO()
    try:
        call_command(*argv, stdout=output, stderr=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    except Exception as error:
        return 1, output.getvalue() + repr(error)
    finally:
        connection.close()
    return 0, output.getvalue()


if __name__ == "__main__":
    main()

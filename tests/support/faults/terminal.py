"""Another terminal beside a mirror: one process that runs manage.py's commands, one after the other.

Starting Django anew for each would take longer than the faults do.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from tests.support.running_mirror import PROJECT, Mirror

PATIENCE_SECONDS = 60.0


class Terminal:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *argv: str) -> tuple[int, str]:
        """The command's exit status, and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(argv) + "\n")
        self._process.stdin.flush()
        watchdog = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        watchdog.start()
        try:
            status, said = json.loads(self._process.stdout.readline())
        finally:
            watchdog.cancel()
            watchdog.join()
        return status, said


@contextmanager
def open_terminal(mirror: Mirror) -> Iterator[Terminal]:
    argv = [sys.executable, "-m", "tests.support.faults.terminal"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mirror.environment, cwd=PROJECT
    ) as process:
        try:
            yield Terminal(process)
        finally:
            process.kill()


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        status, said = run_django_command(json.loads(line))
        sys.stdout.write(json.dumps([status, said]) + "\n")
        sys.stdout.flush()


def run_django_command(argv: list[str]) -> tuple[int, str]:
    from django.core.management import call_command
    from django.db import connection

    said = StringIO()
    try:
        call_command(*argv, stdout=said, stderr=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    except Exception as error:
        return 1, said.getvalue() + repr(error)
    finally:
        connection.close()
    return 0, said.getvalue()


if __name__ == "__main__":
    main()

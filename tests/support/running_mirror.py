"""A mirror that runs as a user runs it: `manage.py up` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crmmirror.embedded.state_directory import read_environment_file
from tests.support.paths import PROJECT
from tests.support.ports import HOST, free_port

# With these variables the stack would not be the embedded one, or would have the tests' own secrets.
REMOVED_VARIABLES = {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "HTTPS"}
UP_MESSAGE = "Ctrl-C stops it."


class Mirror:
    """The embedded stack on a state directory.

    settings: variables that are added to its environment. has_delivery_port: whether deliveries have a web
    server of their own.
    """

    def __init__(
        self,
        state: Path,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        *,
        has_delivery_port: bool = True,
    ) -> None:
        self.state = state
        self.settings = settings or {}
        self.port = port or free_port()
        self.delivery_port = free_port() if has_delivery_port else self.port
        self.url = f"http://{HOST}:{self.port}"
        self.output = state.parent / "up.out"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in REMOVED_VARIABLES}
        return {**inherited, "CRMMIRROR_STATE_DIR": str(self.state), **self.settings}

    @property
    def database_url(self) -> str:
        return read_environment_file(self.state)["DATABASE_URL"]

    @property
    def _ports(self) -> tuple[str, ...]:
        return ("--port", str(self.port), "--delivery-port", str(self.delivery_port))

    def command(self, *argv: str) -> list[str]:
        return [sys.executable, "manage.py", *argv]

    def start(self, *argv: str, preexec: Callable[[], None] | None = None) -> None:
        """Start the stack; return once it prints that it is up.

        preexec: what the child process runs before it becomes the program, for instance to change its user.
        """
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                self.command("up", *self._ports, *argv),
                stdout=output,
                stderr=output,
                env=self.environment,
                cwd=PROJECT,
                preexec_fn=preexec,
            )
        wait_until(lambda: UP_MESSAGE in self.read_output() or self.process.poll() is not None, 900)
        assert UP_MESSAGE in self.read_output(), self.read_output()

    def start_again(self) -> subprocess.CompletedProcess[str]:
        """Run `up` to its end, for a stack that is expected to refuse to start."""
        return self.run_command("up", *self._ports)

    def read_output(self) -> str:
        """Return what the stack has printed so far."""
        return self.output.read_text()

    def run_command(self, *argv: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py as in another terminal, which knows the state directory alone."""
        return subprocess.run(
            self.command(*argv),
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def get_json(self, path: str, token: str) -> Any:
        """Return what the API answers at this path."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Token {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self, number: signal.Signals) -> int:
        """Send the signal to the stack; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def processes(self, word: str = "") -> dict[int, str]:
        """Return the command line of each process of this state directory that contains `word`, by its id."""
        paths = {int(path.name): path for path in Path("/proc").iterdir() if path.name.isdigit()}
        lines = {pid: command_line(path) for pid, path in paths.items() if self._is_ours(path)}
        return {pid: line for pid, line in lines.items() if line and word in line}

    def _is_ours(self, process: Path) -> bool:
        """Return True for a process with the state directory in its environment, or in it.

        The servers overwrite their environment, but their working directory is in the state directory.
        """
        try:
            environment = (process / "environ").read_bytes()
            directory = str((process / "cwd").readlink())
        except OSError:
            return False
        return os.fsencode(self.state) in environment or directory.startswith(str(self.state))


def command_line(process: Path) -> str:
    """Return a process's command line; an empty text if it has ended, waited for or not."""
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def wait_until(condition: Callable[[], Any], seconds: float) -> None:
    """Return as soon as the condition holds, or after so many seconds: the caller asserts it."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)

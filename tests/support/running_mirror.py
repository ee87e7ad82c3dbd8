"""A mirror that runs as its user runs it: `manage.py up` in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.paths import PROJECT

# What would keep the stack from being the embedded one, or hand it the tests' own secrets.
REMOVED_VARIABLES = {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "HTTPS"}
UP_MESSAGE = "Ctrl-C stops it."


class Mirror:
    """`settings` are added to its environment."""

    def __init__(
        self, state: Path, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.state = state
        self.settings = settings or {}
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = state.parent / "up.out"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in REMOVED_VARIABLES}
        return {**inherited, "CRMMIRROR_STATE_DIR": str(self.state), **self.settings}

    def command(self, *argv: str) -> list[str]:
        return [sys.executable, "manage.py", *argv]

    def start(self, *argv: str, become: Callable[[], None] | None = None) -> None:
        """Return once it says that it is up."""
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                self.command("up", "--port", str(self.port), *argv),
                stdout=output,
                stderr=output,
                env=self.environment,
                cwd=PROJECT,
                preexec_fn=become,
            )
        wait_until(lambda: UP_MESSAGE in self.said() or self.process.poll() is not None, 90)
        assert UP_MESSAGE in self.said(), self.said()

    def up(self) -> subprocess.CompletedProcess[str]:
        """One that is expected to be refused."""
        return self.manage("up", "--port", str(self.port))

    def said(self) -> str:
        return self.output.read_text()

    def manage(self, *argv: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """A command in another terminal, which knows the state directory and nothing else."""
        return subprocess.run(
            self.command(*argv),
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def get(self, path: str, token: str) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Token {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self, number: signal.Signals) -> int:
        """Its exit status."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def processes(self, word: str = "") -> dict[int, str]:
        """What runs for this state directory, by process id: its command line, where `word` is in it."""
        found = {int(path.name): path for path in Path("/proc").iterdir() if path.name.isdigit()}
        lines = {pid: command_line(path) for pid, path in found.items() if self._is_ours(path)}
        return {pid: line for pid, line in lines.items() if line and word in line}

    def _is_ours(self, process: Path) -> bool:
        """By its environment; the servers overwrite theirs, and stay in the state directory."""
        try:
            environment = (process / "environ").read_bytes()
            directory = str((process / "cwd").readlink())
        except OSError:
            return False
        return os.fsencode(self.state) in environment or directory.startswith(str(self.state))


def command_line(process: Path) -> str:
    """Empty for one that has ended and waits for its parent to notice."""
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)

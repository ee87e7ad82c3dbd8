"""The web processes of docs/deploy.md and the nginx of deploy/nginx, but for directories, ports and TLS."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded.processes.process import kill_session
from tests.support import markdown
from tests.support.nginx import nginx_command, run_nginx_with
from tests.support.paths import PROJECT
from tests.support.ports import HOST, free_port
from tests.support.running_mirror import wait_until

DOCUMENT = "docs/deploy.md"
NGINX = PROJECT / "deploy" / "nginx" / "crmmirror.conf"
DOCUMENTED_PORTS = ("8001", "8002", "8003", "8004")
DOCUMENTED_DIRECTORIES = ("/run/crmmirror", "/etc/nginx/conf.d", "/var/log/crmmirror", "/run")
SECONDS_TO_STOP = 30.0
FINISHED = "finished"


def documented_code(language: str) -> list[str]:
    """Return the blocks of the document in one language."""
    return markdown.code_blocks(markdown.read(DOCUMENT), language)


@dataclass(frozen=True)
class DocumentedWeb:
    """The directory and the ports that stand for those of the document."""

    directory: Path
    ports: Mapping[str, int]
    port: int

    def adapt(self, code: str) -> str:
        """Return documented code with this test's directory and ports."""
        for port, ours in self.ports.items():
            code = code.replace(port, str(ours))
        for directory in DOCUMENTED_DIRECTORIES:
            code = code.replace(f"{directory}/", f"{self.directory}/")
        return code

    def processes(self) -> dict[str, int]:
        """Return the ids of the web servers that run, by the documented port."""
        files = {port: self.directory / f"{ours}.pid" for port, ours in self.ports.items()}
        return {port: int(file.read_text()) for port, file in files.items() if file.exists()}

    def configuration(self) -> str:
        """Return the documented nginx configuration, on the test's port and without TLS."""
        return make_plain(self.adapt(NGINX.read_text()), self.port, self.directory)


def make_plain(configuration: str, port: int, directory: Path) -> str:
    """Return an nginx configuration without TLS on this port, and without its server for plain HTTP.

    It says that TLS was used, since the mirror would redirect otherwise. Logs go to the directory.
    """
    secure = configuration[: configuration.rindex("server {")]
    lines = (line for line in secure.splitlines(keepends=True) if "ssl_certificate" not in line)
    plain = re.sub(r"listen \d+ ssl;", f"listen {HOST}:{port};", "".join(lines))
    plain = re.sub(r"access_log /\S+", f"access_log {directory}/access.log", plain)
    return plain.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")


@contextmanager
def run_documented_nginx(directory: Path, ports: Mapping[str, int]) -> Iterator[DocumentedWeb]:
    """Run the documented nginx in front of the servers at these ports, and write a command `nginx` for it.

    ports: those that stand for DOCUMENTED_PORTS.
    """
    web = DocumentedWeb(directory, ports, free_port())
    command = directory / "nginx"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(nginx_command(directory))} "$@"\n')
    command.chmod(0o755)
    with run_nginx_with(directory, web.port, web.configuration()):
        yield web


class Shell:
    """One shell in which an operator runs one block of the document after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, code: str, seconds: float) -> str:
        """Run the code; return what it printed. If it takes longer, kill the shell and all that it runs."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{code}\necho {FINISHED}\n")
        self._process.stdin.flush()
        watchdog = threading.Timer(seconds, kill_session, [self._process.pid])
        watchdog.start()
        printed = ""
        try:
            while not printed.endswith(f"{FINISHED}\n"):
                line = self._process.stdout.readline()
                assert line, f"not finished within {seconds} s, or ended: {printed}"
                printed += line
        finally:
            watchdog.cancel()
            watchdog.join()
        return printed.removesuffix(f"{FINISHED}\n")


@contextmanager
def open_shell(web: DocumentedWeb, settings: Mapping[str, str]) -> Iterator[Shell]:
    """Yield a shell with these settings; in the end, kill all that it has started."""
    path = f"{web.directory}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {**settings, "PATH": path},
        cwd=PROJECT,
        start_new_session=True,
    ) as process:
        try:
            yield Shell(process)
        finally:
            for pid in web.processes().values():
                os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not web.processes(), SECONDS_TO_STOP)
            kill_session(process.pid)


def free_ports() -> dict[str, int]:
    """Return a free port for each of DOCUMENTED_PORTS."""
    return {port: free_port() for port in DOCUMENTED_PORTS}

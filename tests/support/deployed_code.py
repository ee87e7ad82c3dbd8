"""The programs that the files in deploy/ start, as ordinary processes: read-only code, another user.

There is no container runtime and no systemd where the tests run: the commands are taken from the files, and
paths, ports and addresses in them are replaced by those of the test.
"""

import configparser
import ctypes
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from django.db import connection

from crmmirror.embedded.processes.identity import Identity, find_unprivileged_identities
from crmmirror.embedded.processes.process import kill_session
from tests.support.faults.proxy import Proxy
from tests.support.paths import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = DEPLOY / "systemd"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
PACKAGES = ("crmmirror", "events", "entities")
# The programs of a virtual environment that the examples start, and how Python runs each.
PROGRAMS = {"python": "", "granian": "-m granian", "celery": "-m celery"}
# Rights that the units and the compose file take away: new ones, and memory that is written and executed.
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65
LIBRARIES = str(Path(yaml.__file__).resolve().parents[1])
CODE_DIRECTORY = "/opt/crmmirror"
RUNTIME_DIRECTORY = "/run/crmmirror"
SECRET_DIRECTORIES = ("/run/secrets", "/etc/crmmirror/secrets")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Example:
    """A program of a file in deploy/, as written there."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def read_unit(name: str) -> configparser.ConfigParser:
    """Return the sections of a unit or of a drop-in. name: its path below deploy/systemd."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((UNITS / name).read_text())
    return parser


def unit_example(name: str, instance: str = "") -> Example:
    """Return the program of a unit. instance: what stands after the @ of its name."""
    service = read_unit(name)["Service"]
    pairs = shlex.split(service.get("Environment", "").replace("%i", instance))
    command = service["ExecStart"].replace("%i", instance).replace("%%", "%")
    return Example(f"{name}-{instance}", shlex.split(command), dict(pair.split("=", 1) for pair in pairs))


def sample_environment(name: str = "environment.sample") -> dict[str, str]:
    """Return the settings of the sample environment that are on."""
    lines = (DEPLOY / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]", line))


def read_compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


def compose_example(service: str) -> Example:
    """Return the program of a service of the compose file: its command, or that of the image."""
    entry = read_compose()["services"][service]
    [default] = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    environment = {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in entry["environment"].items()
    }
    return Example(service, entry.get("command", yaml.safe_load(default)), environment)


@dataclass(frozen=True)
class Machine:
    """The directories that stand for those of a machine on which the mirror is installed."""

    code: Path
    programs: Path
    runtime: Path
    secrets: Path
    identity: Identity

    def adapt(self, text: str) -> str:
        """Return a text of an example with this machine's directories."""
        text = text.replace(f"{CODE_DIRECTORY}/.venv/bin", str(self.programs))
        for directory in SECRET_DIRECTORIES:
            text = text.replace(directory, str(self.secrets))
        return text.replace(CODE_DIRECTORY, str(self.code)).replace(RUNTIME_DIRECTORY, str(self.runtime))

    @contextmanager
    def run(self, example: Example, port: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        """Run an example until the context ends; yield its process and its log. port: in place of its own."""
        log = self.runtime.parent / f"{example.name}.log"
        argv = [self.adapt(word) for word in with_port(example.argv, port)]
        path = f"{self.programs}:{os.environ['PATH']}"
        environment = {name: self.adapt(value) for name, value in example.environment.items()}
        with log.open("wb") as output:
            process = subprocess.Popen(
                argv,
                cwd=self.code,
                env={"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent", **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: drop_rights(self.identity),
            )
        try:
            yield process, log
        finally:
            process.terminate()
            try:
                process.wait(40)
            finally:
                kill_session(process.pid)


def with_port(argv: Sequence[str], port: int) -> list[str]:
    """Return a command with another port, if it names one."""
    words = list(argv)
    if port and "--port" in words:
        words[words.index("--port") + 1] = str(port)
    return words


def drop_rights(identity: Identity) -> None:
    """Become another user who cannot get a right back; runs in the child process."""
    os.umask(0o027)
    identity.assume()
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Older kernels do not know it.
    _libc.prctl(PR_SET_MDWE, 1, 0, 0, 0)


def choose_user() -> tuple[str, Identity]:
    """Return a Python, and the user without rights who runs it: nobody, if he can read the tests' libraries.

    The interpreter may be below /root, where only root can go. Then it is Debian's of the same version, or
    root in a user namespace that shows it as an ordinary user.
    """
    identities = [*reversed(find_unprivileged_identities())]
    pythons = (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    for identity in identities:
        for python in pythons:
            if can_import_libraries(python, identity):
                return python, identity
    raise AssertionError("No user without rights can run Python with the tests' libraries.")


def can_import_libraries(python: str, identity: Identity) -> bool:
    try:
        completed = subprocess.run(
            [python, "-c", "import django, granian, celery, psycopg, redis"],
            env={"PYTHONPATH": LIBRARIES, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: drop_rights(identity),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return completed.returncode == 0


@contextmanager
def make_machine() -> Iterator[Machine]:
    """Yield a machine with the code, owned by root and not writable, and with secrets of the tests' servers.

    The database's and the broker's sockets are closed to other users, so they are reached by TCP.
    """
    directory = Path(tempfile.mkdtemp(prefix="crmmirror-deployed-", dir="/var/tmp"))
    try:
        directory.chmod(0o755)
        yield from fill_machine(directory)
    finally:
        shutil.rmtree(directory)


def fill_machine(directory: Path) -> Iterator[Machine]:
    python, identity = choose_user()
    code, programs, runtime, secrets = (
        directory / name for name in ("code", "bin", "run/crmmirror", "secrets")
    )
    machine = Machine(code, programs, runtime, secrets, identity)
    copy_read_only(machine.code)
    machine.programs.mkdir()
    for name, words in PROGRAMS.items():
        program = machine.programs / name
        program.write_text(f'#!/bin/sh\nPYTHONPATH={LIBRARIES} exec {python} {words} "$@"\n')
        program.chmod(0o755)
    for owned in (machine.runtime, machine.secrets):
        owned.mkdir(parents=True)
        os.chown(owned, identity.uid, identity.gid)
    database, broker = urlsplit(os.environ["DATABASE_URL"]), urlsplit(os.environ["BROKER_URL"])
    socket_directory = Path(parse_qs(database.query)["host"][0])
    with Proxy(socket_directory / ".s.PGSQL.5432") as to_database, Proxy(Path(broker.path)) as to_broker:
        name = connection.settings_dict["NAME"]
        address = f"postgresql://{database.username}:unused@127.0.0.1:{to_database.port}/{name}"
        values = {
            "SECRET_KEY": os.environ["SECRET_KEY"] * 8,
            "ENCRYPTION_KEYS": os.environ["ENCRYPTION_KEYS"],
            "DATABASE_URL": f"{address}?options=-c%20deadlock_timeout%3D20ms",
            "BROKER_URL": f"redis://127.0.0.1:{to_broker.port}/0",
            "METRICS_TOKEN": "the-token-of-this-test",
        }
        for secret, value in values.items():
            (machine.secrets / secret).write_text(f"{value}\n")
        yield machine


def copy_read_only(target: Path) -> None:
    """Copy the code, without its tests, as the image has it; nobody but root can write to it."""
    for name in PACKAGES:
        shutil.copytree(PROJECT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "manage.py", target)
    for path in (target, *target.rglob("*")):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222 | 0o444)


def with_settings(example: Example, **settings: str) -> Example:
    """Return the example with settings that only a test has."""
    return replace(example, environment={**example.environment, **settings})

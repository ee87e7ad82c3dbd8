"""What the embedded stack is made of, and in which order it starts."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGQUIT, SIGTERM

from crmmirror.embedded.address import Address
from crmmirror.embedded.processes.process import Program
from crmmirror.embedded.processes.supervisor import Service, Supervisor
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.valkey import make_broker
from crmmirror.embedded.state_directory import (
    load_or_make_secrets,
    make_empty_directory,
    write_environment_file,
)

PROJECT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
# Of each process. A slow sender holds one: more of them than `crmmirror.lib.upload_slots` gives to such.
WEB_THREADS = 256
ADMIN = "admin"
# What `manage.py prepare_database` says last: whether the generated password lets ADMIN in.
PASSWORD_IS_OURS = "The admin's password is the generated one."  # noqa: S105
PASSWORD_IS_THEIRS = "The admin's password was changed, or the user was there before."  # noqa: S105


@dataclass(frozen=True)
class Stack:
    """The services around one state directory. `workers` is how many processes apply events."""

    directory: Path
    address: Address
    supervisor: Supervisor
    workers: int

    def start_servers(self) -> dict[str, str]:
        """Start those that the environment does not name; the settings that reach them all."""
        urls = {}
        if not os.environ.get("DATABASE_URL"):
            cluster = make_cluster(self.directory)
            program = cluster.program(self.log("database"))
            self.supervisor.start(Service(program, cluster.answers, cluster.prepare))
            urls["DATABASE_URL"] = cluster.url
        if not os.environ.get("BROKER_URL"):
            broker = make_broker(self.directory)
            self.supervisor.start(Service(broker.program(self.log("broker")), broker.answers))
            urls["BROKER_URL"] = broker.url
        return urls

    def settings(self, urls: Mapping[str, str]) -> dict[str, str]:
        """Settings for the children and for other terminals, written to the state directory."""
        counts = make_empty_directory(self.directory / "metrics")
        defaults = {"HTTPS": "false", "PROMETHEUS_MULTIPROC_DIR": str(counts), **urls}
        defaults |= load_or_make_secrets(self.directory)
        if self.address.is_named:
            defaults["ALLOWED_HOSTS"] = f"localhost,127.0.0.1,[::1],{self.address.host}"
        chosen = {name: os.environ.get(name) or value for name, value in defaults.items()}
        chosen |= {name: os.environ[name] for name in ("DATABASE_URL", "BROKER_URL") if os.environ.get(name)}
        chosen["WEB_URL"] = self.address.url
        write_environment_file(self.directory, chosen)
        return {**chosen, "CRMMIRROR_STATE_DIR": str(self.directory)}

    def start_programs(self, environment: Mapping[str, str]) -> None:
        services = (
            Service(
                web_program(self, environment), self.address.answers, started=f"serves {self.address.url}"
            ),
            Service(worker_program(self, environment)),
            Service(beat_program(self, environment)),
        )
        for service in services:
            self.supervisor.start(service, followed=True)

    def log(self, name: str) -> Path:
        return self.directory / "log" / f"{name}.log"


def management_program(stack: Stack, environment: Mapping[str, str], *argv: str) -> Program:
    """One of manage.py's commands; its output goes to a log of the command's name."""
    return Program(argv[0], (PYTHON, "manage.py", *argv), stack.log(argv[0]), environment, PROJECT)


def web_program(stack: Stack, environment: Mapping[str, str]) -> Program:
    options = {
        "--interface": "wsgi",
        "--host": stack.address.numeric,
        "--port": str(stack.address.port),
        "--workers": str(min(4, os.cpu_count() or 1)),
        "--blocking-threads": str(WEB_THREADS),
        "--workers-kill-timeout": "5",
    }
    words = [word for pair in options.items() for word in pair]
    argv = (PYTHON, "-m", "granian", *words, "--respawn-failed-workers", "crmmirror.wsgi:application")
    return Program("web", argv, stack.log("web"), environment, PROJECT)


def worker_program(stack: Stack, environment: Mapping[str, str]) -> Program:
    """Orphaned, it has lost its broker too, and would wait for it for ever after a milder signal.

    Its own children die with it: Celery sees to that.
    """
    argv = _celery("worker", "--concurrency", str(stack.workers), "--without-gossip", "--without-mingle")
    ends = ((SIGTERM, 10), (SIGQUIT, 3), (SIGKILL, 5))
    return Program("worker", argv, stack.log("worker"), environment, PROJECT, ends=ends, orphaned=SIGKILL)


def beat_program(stack: Stack, environment: Mapping[str, str]) -> Program:
    schedule = str(stack.directory / "beat-schedule")
    return Program(
        "beat",
        _celery("beat", "--schedule", schedule, "--pidfile", ""),
        stack.log("beat"),
        environment,
        PROJECT,
    )


def _celery(*argv: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "celery", "--app", "crmmirror", *argv)

"""The programs of the embedded stack, and the order in which they start."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL, SIGQUIT, SIGTERM

from crmmirror.embedded.address import Address
from crmmirror.embedded.processes.process import Program
from crmmirror.embedded.processes.supervisor import Service, Supervisor
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.valkey import make_broker
from crmmirror.embedded.state_directory import (
    load_or_generate_secrets,
    make_empty_directory,
    write_environment_file,
)

PROJECT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
# Threads of each web process. A slow sender holds a thread while its body arrives, and a reader while the
# database works, so there must be more threads than `crmmirror.lib.web.upload_slots` has slots (224 in all),
# `crmmirror.lib.web.lingering_close` drains (192) and `crmmirror.readers` lets readers in (32).
WEB_THREADS = 512
MAX_WEB_PROCESSES = 4
# Deliveries have web processes of their own, because whatever makes a page or an answer of the API holds the
# interpreter lock of its process. Two, so that one goes on while the other is restarted.
DELIVERY_PROCESSES = 2
# The processes for people run at a lower priority: where the processor is short, deliveries go first. With 5
# the 99th percentile of deliveries beside busy readers was half of that with 0, and readers still got on.
PEOPLE_NICENESS = 5
ADMIN_USERNAME = "admin"
# The last line that `manage.py prepare_database` prints, by which `up` knows if the password that it
# generated logs ADMIN_USERNAME in.
GENERATED_PASSWORD_MESSAGE = "The admin's password is the generated one."  # noqa: S105
OTHER_PASSWORD_MESSAGE = "The admin's password was changed, or the user was there before."  # noqa: S105


@dataclass(frozen=True)
class Stack:
    """The services of one state directory.

    address: where people are served, and everything else is too. delivery_address: where vendors deliver; the
    same address, if one web server is to serve all. workers: how many processes apply events.
    """

    directory: Path
    address: Address
    delivery_address: Address
    supervisor: Supervisor
    workers: int

    def start_servers(self) -> dict[str, str]:
        """Start the servers that the environment does not name. Return the settings with their URLs."""
        urls = {}
        if not os.environ.get("DATABASE_URL"):
            cluster = make_cluster(self.directory)
            program = cluster.make_program(self.log_path("database"))
            self.supervisor.start(Service(program, cluster.is_ready, cluster.prepare))
            urls["DATABASE_URL"] = cluster.url
        if not os.environ.get("BROKER_URL"):
            broker = make_broker(self.directory)
            self.supervisor.start(Service(broker.make_program(self.log_path("broker")), broker.is_ready))
            urls["BROKER_URL"] = broker.url
        return urls

    def write_settings(self, urls: Mapping[str, str]) -> dict[str, str]:
        """Write the settings to the state directory, for other terminals; return them for the children.

        urls: what `start_servers` returned. A setting of the environment wins over the one made here.
        """
        metrics_directory = make_empty_directory(self.directory / "metrics")
        defaults = {
            "HTTPS": "false",
            "TRIAL_KEYS": "true",
            "PROMETHEUS_MULTIPROC_DIR": str(metrics_directory),
            "WEB_URL": self.address.url,
            # Whoever names the mirror's address has a proxy in front, which vendors use too.
            "DELIVERY_URL": os.environ.get("WEB_URL") or self.delivery_address.url,
            **urls,
        }
        defaults |= load_or_generate_secrets(self.directory)
        if self.address.needs_allowed_host:
            defaults["ALLOWED_HOSTS"] = f"localhost,127.0.0.1,[::1],{self.address.host}"
        settings = {name: os.environ.get(name) or value for name, value in defaults.items()}
        settings |= {
            name: os.environ[name] for name in ("DATABASE_URL", "BROKER_URL") if os.environ.get(name)
        }
        write_environment_file(self.directory, settings)
        return {**settings, "CRMMIRROR_STATE_DIR": str(self.directory)}

    def start_programs(self, environment: Mapping[str, str]) -> None:
        """Start web, worker and beat, and print the lines of their logs from then on."""
        services = (
            *make_web_services(self, environment),
            Service(make_worker_program(self, environment)),
            Service(make_beat_program(self, environment)),
        )
        for service in services:
            self.supervisor.start(service, prints_log=True)

    def log_path(self, name: str) -> Path:
        return self.directory / "log" / f"{name}.log"


def make_management_program(stack: Stack, environment: Mapping[str, str], *argv: str) -> Program:
    """Return a command of manage.py as a program; its output goes to a log of the command's name."""
    return Program(argv[0], (PYTHON, "manage.py", *argv), stack.log_path(argv[0]), environment, PROJECT)


def make_web_services(stack: Stack, environment: Mapping[str, str]) -> tuple[Service, ...]:
    """Return the web server that answers everything, and the one for deliveries, if it is to be another."""
    processes = min(MAX_WEB_PROCESSES, os.cpu_count() or 1)
    all_roles, deliveries = ({**environment, "WEB_ROLE": role} for role in ("all", "deliveries"))
    web = make_web_program("web", stack, stack.address, processes, all_roles)
    if stack.delivery_address == stack.address:
        return (make_web_service(web, stack.address),)
    endpoint = make_web_program("endpoint", stack, stack.delivery_address, DELIVERY_PROCESSES, deliveries)
    return (
        make_web_service(endpoint, stack.delivery_address),
        make_web_service(replace(web, niceness=PEOPLE_NICENESS), stack.address),
    )


def make_web_service(program: Program, address: Address) -> Service:
    return Service(program, address.is_ready, started_message=f"serves {address.url}")


def make_web_program(
    name: str, stack: Stack, address: Address, processes: int, environment: Mapping[str, str]
) -> Program:
    options = {
        "--interface": "wsgi",
        "--host": address.numeric_host,
        "--port": str(address.port),
        "--workers": str(processes),
        "--blocking-threads": str(WEB_THREADS),
        "--workers-kill-timeout": "5",
        "--log-config": "crmmirror/logs/granian.json",
    }
    words = [word for pair in options.items() for word in pair]
    argv = (PYTHON, "-m", "granian", *words, "--respawn-failed-workers", "crmmirror.wsgi:application")
    return Program(name, argv, stack.log_path(name), environment, PROJECT)


def make_worker_program(stack: Stack, environment: Mapping[str, str]) -> Program:
    """Return the Celery worker as a program that is killed if its parent dies.

    When the parent dies, the broker dies too, and after SIGTERM the worker would wait for it for ever.
    Celery makes sure that the worker's own children die with it.
    """
    argv = _celery("worker", "--concurrency", str(stack.workers), "--without-gossip", "--without-mingle")
    return Program(
        "worker",
        argv,
        stack.log_path("worker"),
        environment,
        PROJECT,
        stop_signals=((SIGTERM, 10), (SIGQUIT, 3), (SIGKILL, 5)),
        parent_death_signal=SIGKILL,
    )


def make_beat_program(stack: Stack, environment: Mapping[str, str]) -> Program:
    schedule = str(stack.directory / "beat-schedule")
    argv = _celery("beat", "--schedule", schedule, "--pidfile", "")
    return Program("beat", argv, stack.log_path("beat"), environment, PROJECT)


def _celery(*argv: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "celery", "--app", "crmmirror", *argv)

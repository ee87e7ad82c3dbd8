"""The PostgreSQL and the Valkey that a benchmark runs on, and the web servers that it compares."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django
from cryptography.fernet import Fernet
from django.core.management import call_command

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.valkey import make_broker

PROJECT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


@contextmanager
def running(state: Path) -> Iterator[None]:
    """A durable PostgreSQL with the mirror's tables, and a Valkey; Django is set up on them."""
    cluster, broker = make_cluster(state), make_broker(state)
    cluster.prepare()
    with ExitStack() as stack:
        for name, server in (("postgres", cluster), ("valkey", broker)):
            stack.enter_context(child(server.program(state / f"{name}.log"), server.answers))
        os.environ |= {
            "CRMMIRROR_STATE_DIR": str(state),
            "DATABASE_URL": cluster.url,
            "BROKER_URL": broker.url,
            "SECRET_KEY": "for-benchmarks",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "HTTPS": "false",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "crmmirror.settings",
        }
        django.setup()
        call_command("migrate", verbosity=0)
        yield


@contextmanager
def child(program: process.Program, answers: Callable[[], bool]) -> Iterator[int]:
    """Its process id, while it runs."""
    started = start_process(program)
    try:
        wait_until_ready(program, started, answers, lambda: None)
        yield started.pid
    finally:
        stop_process(started, program.ends)


@contextmanager
def worker(state: Path, concurrency: int) -> Iterator[int]:
    """The process id of a Celery worker, from its start on: it says nowhere that it is ready."""
    argv = (sys.executable, "-m", "celery", "--app", "crmmirror", "worker", "--concurrency", str(concurrency))
    program = process.Program("worker", argv, state / "worker.log", cwd=PROJECT)
    with child(program, lambda: True) as pid:
        yield pid


@contextmanager
def web(state: Path, application: str, **settings: str) -> Iterator[int]:
    """The port of a Granian that serves a WSGI application as the embedded stack serves the mirror."""
    port = free_port()
    options = ("--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "2")
    argv = (sys.executable, "-m", "granian", *options, "--blocking-threads", "256", application)
    program = process.Program("web", argv, state / "web.log", settings, PROJECT)
    with child(program, lambda: is_open(port)):
        yield port


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def is_open(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True

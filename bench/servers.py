"""Runs what the benchmarks need: PostgreSQL, Valkey, Celery workers and the web servers that are compared."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django
from cryptography.fernet import Fernet
from django.core.management import call_command

from crmmirror.embedded.processes.process import Program, start_process, stop_process, wait_until_ready
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.valkey import make_broker
from crmmirror.embedded.stack import PROJECT, WEB_THREADS

HOST = "127.0.0.1"


@contextmanager
def run_servers(state: Path) -> Iterator[None]:
    """Run a durable PostgreSQL with the mirror's tables, and a Valkey; set Django up to use them."""
    cluster, broker = make_cluster(state), make_broker(state)
    cluster.prepare()
    with ExitStack() as stack:
        for name, server in (("postgres", cluster), ("valkey", broker)):
            stack.enter_context(run_program(server.make_program(state / f"{name}.log"), server.is_ready))
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
def run_program(program: Program, is_ready: Callable[[], bool]) -> Iterator[int]:
    """Run a program for the block; yield its process id once it is ready."""
    child = start_process(program)
    try:
        wait_until_ready(program, child, is_ready, lambda: None)
        yield child.pid
    finally:
        stop_process(child, program.stop_signals)


@contextmanager
def run_worker(state: Path, concurrency: int) -> Iterator[int]:
    """Run a Celery worker; yield its process id at once, since there is no sign that it is ready."""
    argv = (sys.executable, "-m", "celery", "--app", "crmmirror", "worker", "--concurrency", str(concurrency))
    program = Program("worker", argv, state / "worker.log", cwd=PROJECT)
    with run_program(program, lambda: True) as pid:
        yield pid


@contextmanager
def run_web(state: Path, application: str, **settings: str) -> Iterator[int]:
    """Run a Granian of two processes with the embedded stack's threads; yield its port."""
    port = find_free_port()
    options = ("--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "2")
    argv = (sys.executable, "-m", "granian", *options, "--blocking-threads", str(WEB_THREADS), application)
    program = Program("web", argv, state / "web.log", settings, PROJECT)
    with run_program(program, lambda: is_open(port)):
        yield port


def find_free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def is_open(port: int) -> bool:
    """Return True if something listens on the port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True

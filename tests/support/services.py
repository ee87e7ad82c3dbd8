"""The tests' own PostgreSQL and Valkey: private, quick rather than durable, gone with the run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from crmmirror.embedded.servers import valkey
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.sockets import remove_socket_directory


@contextmanager
def state_directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="crmmirror-tests-"))
    try:
        yield path
    finally:
        remove_socket_directory(path)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def database(state: Path) -> Iterator[str]:
    """Its URL: the environment's, or that of one that lives as long as the context."""
    if "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
        return
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    with running(cluster.make_program(state / "postgres.log"), cluster.is_ready):
        yield cluster.url


@contextmanager
def broker(state: Path) -> Iterator[str]:
    """Its URL: the environment's, or that of one that lives as long as the context."""
    if "BROKER_URL" in os.environ:
        yield os.environ["BROKER_URL"]
        return
    valkey_here = valkey.Broker(state, socket_directory=state)
    with running(valkey_here.make_program(state / "valkey.log"), valkey_here.is_ready):
        yield valkey_here.url


@contextmanager
def running(program: process.Program, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    child = start_process(program)
    try:
        wait_until_ready(program, child, answers, tick=lambda: None)
        yield child
    finally:
        stop_process(child, program.stop_signals)

"""The tests' own PostgreSQL and Valkey: private, fast instead of durable, removed after the run."""

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
    """Yield a temporary state directory; remove it afterwards."""
    path = Path(tempfile.mkdtemp(prefix="crmmirror-tests-"))
    try:
        yield path
    finally:
        remove_socket_directory(path)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def provide_database(state: Path) -> Iterator[str]:
    """Yield the database's URL: the environment's, or that of one that is started for the context."""
    if "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
        return
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    with run_program(cluster.make_program(state / "postgres.log"), cluster.is_ready):
        yield cluster.url


@contextmanager
def provide_broker(state: Path) -> Iterator[str]:
    """Yield the broker's URL: the environment's, or that of one that is started for the context."""
    if "BROKER_URL" in os.environ:
        yield os.environ["BROKER_URL"]
        return
    valkey_here = valkey.Broker(state, socket_directory=state)
    with run_program(valkey_here.make_program(state / "valkey.log"), valkey_here.is_ready):
        yield valkey_here.url


@contextmanager
def run_program(program: process.Program, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the context ends; yield its process once `answers` returns True."""
    child = start_process(program)
    try:
        wait_until_ready(program, child, answers, tick=lambda: None)
        yield child
    finally:
        stop_process(child, program.stop_signals)

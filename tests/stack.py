"""The tests' own PostgreSQL and Valkey: private, quick rather than durable, gone with the run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crmmirror.embedded import postgres, process, sockets, valkey


@contextmanager
def state_directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="crmmirror-tests-"))
    try:
        yield path
    finally:
        sockets.discard(path)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def database(state: Path) -> Iterator[str]:
    """Its URL: the environment's, or that of one that lives as long as the context."""
    if "DATABASE_URL" in os.environ:
        yield os.environ["DATABASE_URL"]
        return
    cluster = postgres.cluster(state, durable=False)
    cluster.prepare()
    with running(cluster.program(state / "postgres.log"), cluster.answers):
        yield cluster.url


@contextmanager
def broker(state: Path) -> Iterator[str]:
    """Its URL: the environment's, or that of one that lives as long as the context."""
    if "BROKER_URL" in os.environ:
        yield os.environ["BROKER_URL"]
        return
    valkey_here = valkey.Broker(state, sockets=state)
    with running(valkey_here.program(state / "valkey.log"), valkey_here.answers):
        yield valkey_here.url


@contextmanager
def running(program: process.Program, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    child = process.spawn(program)
    try:
        process.await_answer(program, child, answers, tick=lambda: None)
        yield child
    finally:
        process.stop(child, program.ends)

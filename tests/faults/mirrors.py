"""Mirrors to do harm to: one whose servers are reached over wires, one that runs its own servers."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded import postgres, state, valkey
from tests import stack
from tests.crmmirror.mirror import Mirror, wait_until
from tests.faults.proxy import HOST, Proxy

NAME = postgres.NAME
DISK = "192m"


@dataclass(frozen=True)
class Wired:
    """A mirror, and the wires that lead from it to its database and to its broker.

    database_url: past the wire.
    """

    mirror: Mirror
    database_url: str
    database: Proxy
    broker: Proxy


@dataclass(frozen=True)
class Supervised:
    """A mirror that starts its servers, and starts them again.

    disk: what all its state is on, and nothing else; None where nothing can be mounted.
    """

    mirror: Mirror
    database_url: str
    disk: Path | None


@contextmanager
def wired() -> Iterator[Wired]:
    """Servers first: no process is forked while the wires' threads run."""
    with stack.state_directory() as directory:
        cluster = postgres.cluster(directory)
        cluster.prepare()
        broker = valkey.Broker(directory, sockets=directory)
        with (
            stack.running(cluster.program(directory / "postgres.log"), cluster.answers),
            stack.running(broker.program(directory / "valkey.log"), broker.answers),
            Proxy(cluster.sockets / ".s.PGSQL.5432") as to_database,
            Proxy(broker.socket) as to_broker,
        ):
            settings = {
                "DATABASE_URL": f"postgresql://{NAME}@{HOST}:{to_database.port}/{NAME}",
                "BROKER_URL": f"redis://{HOST}:{to_broker.port}/0",
            }
            with _up(directory / "mirror", settings) as mirror:
                yield Wired(mirror, cluster.url, to_database, to_broker)


@contextmanager
def supervised() -> Iterator[Supervised]:
    """One process applies events, so that what is in a batch is that process."""
    with (
        stack.state_directory() as directory,
        _small_disk(directory / "disk") as disk,
        _up((disk or directory) / "mirror", {}, "--workers", "1") as mirror,
    ):
        yield Supervised(mirror, state.read_environment(mirror.state)["DATABASE_URL"], disk)


@contextmanager
def _up(directory: Path, settings: Mapping[str, str], *argv: str) -> Iterator[Mirror]:
    """Nothing of it runs afterwards."""
    mirror = Mirror(directory, settings=settings)
    try:
        mirror.start("--no-demo", *argv)
        yield mirror
    finally:
        mirror.stop(signal.SIGINT)
        wait_until(lambda: not mirror.processes(), 15)
        assert mirror.processes() == {}


@contextmanager
def _small_disk(path: Path) -> Iterator[Path | None]:
    """A file system of its own, in memory. None where this user cannot mount one."""
    path.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(path))
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)

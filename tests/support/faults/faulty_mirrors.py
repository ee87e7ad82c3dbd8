"""A mirror to do harm to: its servers can be killed, cut off, held up, and short of room."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded.processes import process
from crmmirror.embedded.servers import postgres
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.sockets import remove_socket_directory
from crmmirror.embedded.servers.valkey import make_broker
from tests.support import services
from tests.support.faults import servers, terminal
from tests.support.faults.kill_processes import Supervised
from tests.support.faults.proxy import HOST, Proxy
from tests.support.faults.terminal import Terminal
from tests.support.running_mirror import PROJECT, Mirror, wait_until

NAME = postgres.DATABASE_NAME
SOCKET = ".s.PGSQL.5432"
DISK = "192m"


@dataclass(frozen=True)
class Harmed:
    """A mirror that is up, on servers beside it.

    programs: web, worker and beat. servers: PostgreSQL and Valkey. database, broker: the wires to them.
    database_url: past the wire. disk: what all of it is on, and nothing else; None where nothing can be
    mounted.
    """

    mirror: Mirror
    programs: Supervised
    servers: Supervised
    database: Proxy
    broker: Proxy
    database_url: str
    terminal: Terminal
    disk: Path | None


@contextmanager
def harmed() -> Iterator[Harmed]:
    """One process applies events, so that what is in a batch is that process. Nothing is forked any more
    by the tests' own process when the wires' threads run."""
    with services.state_directory() as directory, _small_disk(directory / "disk") as disk:
        home = disk or directory
        with _servers(home / "servers") as servers:
            cluster, broker = make_cluster(home / "servers"), make_broker(home / "servers")
            with (
                Proxy(cluster.socket_directory / SOCKET) as to_database,
                Proxy(broker.socket_path) as to_broker,
            ):
                settings = {
                    "DATABASE_URL": f"postgresql://{NAME}@{HOST}:{to_database.port}/{NAME}",
                    "BROKER_URL": f"redis://{HOST}:{to_broker.port}/0",
                }
                with _up(home / "mirror", settings) as mirror, terminal.beside(mirror) as commands:
                    programs = Supervised(mirror.process.pid, mirror.output)
                    wires = (to_database, to_broker)
                    yield Harmed(mirror, programs, servers, *wires, cluster.url, commands, disk)


@contextmanager
def _servers(directory: Path) -> Iterator[Supervised]:
    log = directory.with_suffix(".out")
    program = process.Program(
        "servers",
        (sys.executable, "-m", "tests.support.faults.servers", str(directory)),
        log,
        # Those of the tests' own.
        {"DATABASE_URL": "", "BROKER_URL": ""},
        PROJECT,
        stop_signals=((signal.SIGTERM, 30), (signal.SIGKILL, 5)),
    )
    try:
        with services.running(program, lambda: servers.UP in log.read_text()) as child:
            yield Supervised(child.pid, log)
    finally:
        remove_socket_directory(directory)


@contextmanager
def _up(directory: Path, settings: Mapping[str, str]) -> Iterator[Mirror]:
    """Nothing of it runs afterwards."""
    mirror = Mirror(directory, settings=settings)
    try:
        mirror.start("--no-demo", "--workers", "1")
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

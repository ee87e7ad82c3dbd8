"""A mirror whose servers can be killed, cut off and delayed, and whose disk can be filled."""

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
from tests.support.faults.kill_processes import SupervisedProcesses
from tests.support.faults.proxy import Proxy
from tests.support.faults.terminal import Terminal
from tests.support.paths import PROJECT
from tests.support.ports import HOST
from tests.support.running_mirror import Mirror, wait_until

NAME = postgres.DATABASE_NAME
SOCKET = ".s.PGSQL.5432"
DISK = "192m"


@dataclass(frozen=True)
class FaultyMirror:
    """A mirror that runs, on servers of its own.

    programs: web, worker and beat. servers: PostgreSQL and Valkey. database, broker: the proxies in front of
    them. database_url: the way past the proxy. disk: a file system that holds all of it and nothing else;
    None if this user cannot mount one.
    """

    mirror: Mirror
    programs: SupervisedProcesses
    servers: SupervisedProcesses
    database: Proxy
    broker: Proxy
    database_url: str
    terminal: Terminal
    disk: Path | None


@contextmanager
def run_faulty_mirror() -> Iterator[FaultyMirror]:
    """Run a mirror with one worker process, so that a batch is always that process's.

    The tests' own process starts the proxies' threads last, because it must not fork while they run.
    """
    with services.state_directory() as directory, _mount_small_disk(directory / "disk") as disk:
        home = disk or directory
        with _run_servers(home / "servers") as servers:
            cluster, broker = make_cluster(home / "servers"), make_broker(home / "servers")
            with (
                Proxy(cluster.socket_directory / SOCKET) as to_database,
                Proxy(broker.socket_path) as to_broker,
            ):
                settings = {
                    "DATABASE_URL": f"postgresql://{NAME}@{HOST}:{to_database.port}/{NAME}",
                    "BROKER_URL": f"redis://{HOST}:{to_broker.port}/0",
                }
                with (
                    _run_mirror(home / "mirror", settings) as mirror,
                    terminal.open_terminal(mirror) as commands,
                ):
                    programs = SupervisedProcesses(mirror.process.pid, mirror.output)
                    proxies = (to_database, to_broker)
                    yield FaultyMirror(mirror, programs, servers, *proxies, cluster.url, commands, disk)


@contextmanager
def _run_servers(directory: Path) -> Iterator[SupervisedProcesses]:
    log = directory.with_suffix(".out")
    program = process.Program(
        "servers",
        (sys.executable, "-m", "tests.support.faults.servers", str(directory)),
        log,
        # Empty, because the tests' process has those of its own servers.
        {"DATABASE_URL": "", "BROKER_URL": ""},
        PROJECT,
        stop_signals=((signal.SIGTERM, 30), (signal.SIGKILL, 5)),
    )
    try:
        with services.run_program(program, lambda: servers.UP_MESSAGE in log.read_text()) as child:
            yield SupervisedProcesses(child.pid, log)
    finally:
        remove_socket_directory(directory)


@contextmanager
def _run_mirror(directory: Path, settings: Mapping[str, str]) -> Iterator[Mirror]:
    """Run the mirror's programs; fail unless all of them have ended afterwards.

    One web server serves all, so that a fault of the web server is one of that server.
    """
    mirror = Mirror(directory, settings=settings, has_delivery_port=False)
    try:
        mirror.start("--no-demo", "--workers", "1")
        yield mirror
    finally:
        mirror.stop(signal.SIGINT)
        wait_until(lambda: not mirror.processes(), 15)
        assert mirror.processes() == {}


@contextmanager
def _mount_small_disk(path: Path) -> Iterator[Path | None]:
    """Mount a small file system in memory; yield None if this user cannot mount one."""
    path.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(path))
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)

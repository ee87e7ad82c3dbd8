"""A Valkey that answers and takes no message, in the ways in which a managed one does."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import redis

from crmmirror.embedded.servers import valkey
from tests.support import services
from tests.support.ports import HOST, free_port


@contextmanager
def run_valkey(directory: Path) -> Iterator[Path]:
    """Run a Valkey in the directory; yield the path of its socket."""
    directory.mkdir(parents=True, exist_ok=True)
    server = valkey.Broker(directory, socket_directory=directory)
    with services.run_program(server.make_program(directory / "valkey.log"), server.is_ready):
        yield server.socket_path


@contextmanager
def read_only(socket: Path) -> Iterator[None]:
    """Make it a replica of a server that is away, as a failover does with the former primary."""
    with _connect(socket) as client:
        client.execute_command("REPLICAOF", HOST, str(free_port()))
        yield
        client.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def out_of_memory(socket: Path) -> Iterator[None]:
    with _connect(socket) as client:
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


def count_messages(socket: Path) -> int:
    """Return how many messages wait in all queues. Bindings are sets, and queues lists."""
    with _connect(socket) as client:
        lists = [key for key in client.scan_iter() if client.type(key) == b"list"]
        return sum(client.llen(key) for key in lists)


def _connect(socket: Path) -> closing[redis.Redis]:
    return closing(redis.Redis(unix_socket_path=str(socket)))


REFUSALS: tuple[Callable[[Path], object], ...] = (read_only, out_of_memory)

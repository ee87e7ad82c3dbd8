"""The embedded broker: a Valkey on a unix socket. It stores nothing on disk, since wake-ups may be lost."""

import socket
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded.processes.identity import get_current_identity
from crmmirror.embedded.processes.process import Program
from crmmirror.embedded.servers import binaries
from crmmirror.embedded.servers.sockets import make_socket_directory


@dataclass(frozen=True)
class Broker:
    """A Valkey server of one state directory."""

    state_directory: Path
    socket_directory: Path

    @property
    def socket_path(self) -> Path:
        return self.socket_directory / "valkey"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket_path}"

    def make_program(self, log: Path) -> Program:
        """Return the server as a program. Raises EmbeddedError if Valkey is not installed."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self.state_directory),
        }
        argv = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(name="broker", argv=(str(binaries.find_valkey()), *argv), log=log)

    def is_ready(self) -> bool:
        """Return True if the server answers a PING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def make_broker(state_directory: Path) -> Broker:
    """Return the broker of a state directory, with its socket directory made."""
    return Broker(state_directory, make_socket_directory(state_directory, get_current_identity()))

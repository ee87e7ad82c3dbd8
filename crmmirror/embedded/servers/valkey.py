"""A Valkey that carries wake-ups, on a unix socket only. It keeps nothing: nothing in it is missed."""

import socket
from dataclasses import dataclass
from pathlib import Path

from crmmirror.embedded.processes.identity import current_identity
from crmmirror.embedded.processes.process import Program
from crmmirror.embedded.servers import binaries
from crmmirror.embedded.servers.sockets import make_socket_directory


@dataclass(frozen=True)
class Broker:
    state: Path
    sockets: Path

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def program(self, log: Path) -> Program:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "dir": str(self.state),
        }
        argv = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(name="broker", argv=(str(binaries.find_valkey()), *argv), log=log)

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def make_broker(state: Path) -> Broker:
    """The broker of a state directory."""
    return Broker(state, make_socket_directory(state, current_identity()))

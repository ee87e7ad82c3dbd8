"""Ports of this machine that are free."""

import socket

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]

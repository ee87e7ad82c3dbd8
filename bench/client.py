"""Posts prepared requests over kept connections and counts the answers; run as a process of its own."""

import selectors
import socket
import time
from dataclasses import dataclass, field

CONNECTIONS = 16


@dataclass
class Connection:
    sock: socket.socket
    received: bytes = b""
    rest: list[bytes] = field(default_factory=list)


def post(port: int, requests: list[bytes]) -> dict[str, float]:
    """Seconds that it took, and how many answers had which status (`status 202`)."""
    waiting = list(reversed(requests))
    selector = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ, Connection(sock))
    counts: dict[str, float] = {}
    started = time.perf_counter()
    awaited = sum(_send(key.data, waiting) for key in selector.get_map().values())
    while awaited:
        for key, _ in selector.select():
            status = _receive(key.data)
            if status:
                counts[status] = counts.get(status, 0) + 1
                awaited -= not _send(key.data, waiting)
    counts["seconds"] = time.perf_counter() - started
    for key in list(selector.get_map().values()):
        key.data.sock.close()
    return counts


def _send(connection: Connection, waiting: list[bytes]) -> bool:
    """Whether there was one more to send."""
    if not waiting:
        return False
    connection.sock.sendall(waiting.pop())
    return True


def _receive(connection: Connection) -> str:
    """The status of the answer, once all of it is there; empty before."""
    connection.received += connection.sock.recv(65536)
    head, separator, body = connection.received.partition(b"\r\n\r\n")
    if not separator or not _is_whole(head.lower(), body):
        return ""
    connection.received = b""
    return f"status {head.split(b' ', 2)[1].decode()}"


def _is_whole(head: bytes, body: bytes) -> bool:
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= int(lengths[0] if lengths else 0)

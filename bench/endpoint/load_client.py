"""A load generator: posts prepared requests over persistent connections, and counts the answers."""

import selectors
import socket
import time
from dataclasses import dataclass
from math import inf

CONNECTIONS = 16


@dataclass
class Connection:
    """A connection, with the part of the current answer that has been received."""

    sock: socket.socket
    received: bytes = b""


def post(port: int, requests: list[bytes], seconds: float = inf) -> dict[str, float]:
    """Post all requests; return the `seconds` it took, and the number of answers per status (`status 202`).

    seconds: begin no request after so many.
    Call it in a process of its own: it uses all of a core, and would slow down the caller's other threads.
    """
    unsent = list(reversed(requests))
    selector = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(sock, selectors.EVENT_READ, Connection(sock))
    counts: dict[str, float] = {}
    started_at = time.perf_counter()
    open_requests = sum(_send_next(key.data, unsent) for key in selector.get_map().values())
    while open_requests:
        for key, _ in selector.select():
            status = _receive(key.data)
            if status:
                counts[status] = counts.get(status, 0) + 1
                if time.perf_counter() > started_at + seconds:
                    unsent.clear()
                open_requests -= not _send_next(key.data, unsent)
    counts["seconds"] = time.perf_counter() - started_at
    for key in list(selector.get_map().values()):
        key.data.sock.close()
    return counts


def _send_next(connection: Connection, unsent: list[bytes]) -> bool:
    """Send the next request; return False if there is none."""
    if not unsent:
        return False
    connection.sock.sendall(unsent.pop())
    return True


def _receive(connection: Connection) -> str:
    """Receive a part of an answer; return its status if it is complete, else an empty text."""
    connection.received += connection.sock.recv(65536)
    head, separator, body = connection.received.partition(b"\r\n\r\n")
    if not separator or not _is_complete(head.lower(), body):
        return ""
    connection.received = b""
    return f"status {head.split(b' ', 2)[1].decode()}"


def _is_complete(head: bytes, body: bytes) -> bool:
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= int(lengths[0] if lengths else 0)

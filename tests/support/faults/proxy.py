"""A TCP proxy to a server's unix socket that can refuse, cut, pause and delay connections. Uses threads."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.support.ports import HOST, free_port

CHUNK = 65536


@dataclass(eq=False)
class Connection:
    """A client's connection and the one to the server.

    cut_on_answer: set when the connection is cut, which happens instead of passing on the next answer.
    """

    client: socket.socket
    server: socket.socket
    cut_on_answer: threading.Event | None = None

    def cut(self) -> None:
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


@dataclass
class Trap:
    """Cuts the connection on which a client sends a text.

    reaches_server: whether the server still gets the text, and the client misses only the answer.
    """

    text: bytes
    reaches_server: bool
    is_sprung: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Listens on `port` while the context lasts, and passes everything on unless told otherwise."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.port = free_port()
        self.delay = 0.0
        self._connections: set[Connection] = set()
        self._trap: Trap | None = None
        self._lock = threading.Lock()
        self._may_pass, self._may_accept, self._is_closed = (
            threading.Event(),
            threading.Event(),
            threading.Event(),
        )
        self._may_pass.set()
        self._listener = socket.socket()
        # A socket that is bound keeps its port while it does not listen.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((HOST, self.port))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed.set()
        self.refuse()
        self._may_pass.set()
        self._may_accept.set()
        self._thread.join()
        self._listener.close()

    def listen(self) -> None:
        self._listener.listen(128)
        self._may_accept.set()

    def refuse(self) -> None:
        """Refuse new connections, and cut those that exist."""
        if self._may_accept.is_set():
            self._may_accept.clear()
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()

    def cut(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.cut()

    def pause(self) -> None:
        """Accept and keep connections, and let nothing pass."""
        self._may_pass.clear()

    def resume(self) -> None:
        """Let everything pass, what came during the pause first."""
        self._may_pass.set()

    def cut_on(self, text: bytes, *, reaches_server: bool) -> threading.Event:
        """Cut the next connection that sends this text; the event is set when that happens."""
        self._trap = trap = Trap(text, reaches_server)
        return trap.is_sprung

    def _accept(self) -> None:
        while not self._is_closed.is_set():
            self._may_accept.wait()
            try:
                client, _ = self._listener.accept()
            except OSError:  # `refuse` was called.
                continue
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.target))
        except OSError:
            client.close()
            server.close()
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(client, server)
        with self._lock:
            self._connections.add(connection)
        threading.Thread(target=self._pass_both_ways, args=(connection,), daemon=True).start()

    def _pass_both_ways(self, connection: Connection) -> None:
        """Pass on both directions until either side ends."""
        answers = threading.Thread(target=self._pass_answers, args=(connection,), daemon=True)
        answers.start()
        self._pass_requests(connection)
        answers.join()
        with self._lock:
            self._connections.discard(connection)
        connection.client.close()
        connection.server.close()

    def _pass_requests(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := connection.client.recv(CHUNK):
                if (trap := self._take_trap(data)) is not None:
                    if not trap.reaches_server:
                        trap.is_sprung.set()
                        break
                    connection.cut_on_answer = trap.is_sprung
                self._pass(connection.server, data)
        self._may_pass.wait()
        connection.cut()

    def _pass_answers(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := connection.server.recv(CHUNK):
                if connection.cut_on_answer is not None:
                    connection.cut_on_answer.set()
                    break
                self._pass(connection.client, data)
        self._may_pass.wait()
        connection.cut()

    def _pass(self, to: socket.socket, data: bytes) -> None:
        self._may_pass.wait()
        time.sleep(self.delay)
        to.sendall(data)

    def _take_trap(self, data: bytes) -> Trap | None:
        with self._lock:
            trap = self._trap
            if trap is None or trap.text not in data:
                return None
            self._trap = None
            return trap

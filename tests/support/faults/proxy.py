"""A wire to a server's unix socket that can be refused, cut, held or slowed; all in threads."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.support.running_mirror import free_port

HOST = "127.0.0.1"
CHUNK = 65536


@dataclass(eq=False)
class Connection:
    """One client and the server's side of it. `doomed`: it is cut when the server speaks next."""

    client: socket.socket
    server: socket.socket
    doomed: threading.Event | None = None

    def cut(self) -> None:
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


@dataclass
class Trap:
    """Cuts the connection on which a client says `words`: before the server hears them, or after."""

    words: bytes
    heard: bool
    sprung: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Listens on `port` for as long as the context lasts, and passes everything on until told otherwise."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.port = free_port()
        self.delay = 0.0
        self._connections: set[Connection] = set()
        self._trap: Trap | None = None
        self._lock = threading.Lock()
        self._flows, self._listens, self._over = threading.Event(), threading.Event(), threading.Event()
        self._flows.set()
        self._listener = socket.socket()
        # Bound to a number that was named, it keeps it while it does not listen.
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
        self._over.set()
        self.refuse()
        self._flows.set()
        self._listens.set()
        self._thread.join()
        self._listener.close()

    def listen(self) -> None:
        self._listener.listen(128)
        self._listens.set()

    def refuse(self) -> None:
        """No new connections, and an end to those that there are."""
        if self._listens.is_set():
            self._listens.clear()
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()

    def cut(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.cut()

    def hold(self) -> None:
        """Connections are taken and kept, and nothing passes."""
        self._flows.clear()

    def let_go(self) -> None:
        """What was held passes."""
        self._flows.set()

    def set_trap(self, words: bytes, *, heard: bool) -> threading.Event:
        """Cut the next connection that says these words; the event is set when it is."""
        self._trap = trap = Trap(words, heard)
        return trap.sprung

    def _accept(self) -> None:
        while not self._over.is_set():
            self._listens.wait()
            try:
                client, _ = self._listener.accept()
            except OSError:  # It was told to refuse.
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
        threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, connection: Connection) -> None:
        """Both ways, until either side ends; then for neither."""
        back = threading.Thread(target=self._answer, args=(connection,), daemon=True)
        back.start()
        self._ask(connection)
        back.join()
        with self._lock:
            self._connections.discard(connection)
        connection.client.close()
        connection.server.close()

    def _ask(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := connection.client.recv(CHUNK):
                if (trap := self._springs(data)) is not None:
                    if not trap.heard:
                        trap.sprung.set()
                        break
                    connection.doomed = trap.sprung
                self._pass(connection.server, data)
        self._flows.wait()
        connection.cut()

    def _answer(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while data := connection.server.recv(CHUNK):
                if connection.doomed is not None:
                    connection.doomed.set()
                    break
                self._pass(connection.client, data)
        self._flows.wait()
        connection.cut()

    def _pass(self, to: socket.socket, data: bytes) -> None:
        self._flows.wait()
        time.sleep(self.delay)
        to.sendall(data)

    def _springs(self, data: bytes) -> Trap | None:
        with self._lock:
            trap = self._trap
            if trap is None or trap.words not in data:
                return None
            self._trap = None
            return trap

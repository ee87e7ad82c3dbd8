"""Where the web server listens."""

import errno
import http.client
import socket
from dataclasses import dataclass

from crmmirror.embedded.errors import EmbeddedError

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
# What binds every address, and how this machine reaches it.
WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        host = WILDCARD_HOSTS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_named(self) -> bool:
        """Whether browsers call it by a name that Django has to be told."""
        return self.host not in (*LOCAL_HOSTS, *WILDCARD_HOSTS)

    @property
    def numeric(self) -> str:
        """The host as the number that a server binds. Raises OSError for an unknown name."""
        return str(self._resolved()[4][0])

    def check(self) -> None:
        """Raises EmbeddedError where nothing can listen on it."""
        try:
            family, kind, protocol, _, target = self._resolved()
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(target)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "another program listens there" if taken else error.strerror
            raise EmbeddedError(
                f"Cannot serve {self.host}:{self.port}: {why}. Pass --host or --port."
            ) from error

    def answers(self) -> bool:
        """Whether the mirror serves there; a redirection or a refusal is an answer too."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/admin/login/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _resolved(self) -> tuple:
        return socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]

"""The host and port on which the web server listens."""

import errno
import http.client
import socket
from dataclasses import dataclass

from crmmirror.embedded.errors import EmbeddedError

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
# Hosts that bind every address of this machine, and the address under which this machine reaches them.
WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@dataclass(frozen=True)
class Address:
    """A host, as a name or a number, and a TCP port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL under which this machine reaches the web server."""
        host = WILDCARD_HOSTS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def needs_allowed_host(self) -> bool:
        """True if browsers send a Host that is neither local nor a wildcard: ALLOWED_HOSTS must list it."""
        return self.host not in (*LOCAL_HOSTS, *WILDCARD_HOSTS)

    @property
    def numeric_host(self) -> str:
        """The host as a numeric IP address, which Granian can bind. Raises OSError for an unknown name."""
        return str(self._resolve()[4][0])

    def check_can_bind(self, option: str) -> None:
        """Raise EmbeddedError if a server cannot listen on this address.

        option: that of `up` which names the port.
        """
        try:
            family, kind, protocol, _, target = self._resolve()
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(target)
        except OSError as error:
            is_in_use = error.errno == errno.EADDRINUSE
            reason = "another program listens there" if is_in_use else error.strerror
            raise EmbeddedError(
                f"Cannot serve {self.host}:{self.port}: {reason}. Pass another --host or {option}."
            ) from error

    def is_ready(self) -> bool:
        """Return True if the mirror answers here. A redirection or a refusal (3xx, 4xx) counts too."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/admin/login/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _resolve(self) -> tuple:
        """Return the first entry of `getaddrinfo`: family, kind, protocol, canonical name, socket address."""
        return socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]

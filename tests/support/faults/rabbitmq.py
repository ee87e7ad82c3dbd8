"""A RabbitMQ of Debian's package, on ports and in a directory of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process, wait_until_ready
from tests.support import services
from tests.support.ports import HOST, free_port
from tests.support.web_server import accepts_connections

# The package's own script, without the one around it that changes to the user `rabbitmq`.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONTROL = SERVER.with_name("rabbitmqctl")


class RabbitMQ:
    """A server that can be killed and started again with what it has kept."""

    def __init__(self, directory: Path, name_server_port: int) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"amqp://guest:guest@{HOST}:{self.port}//"
        self.node = f"mirror{self.port}@localhost"
        self.environment = {
            "HOME": str(directory),
            "ERL_EPMD_PORT": str(name_server_port),
            "ERL_EPMD_ADDRESS": HOST,
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "environment"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
        self._program = process.Program(
            "rabbitmq",
            (str(SERVER),),
            directory / "rabbitmq.log",
            self.environment,
            directory,
            stop_signals=((SIGTERM, 30), (SIGKILL, 5)),
        )

    def start(self) -> None:
        """Start the server; return once it takes connections."""
        self._child = start_process(self._program)
        wait_until_ready(self._program, self._child, lambda: accepts_connections(self.port), lambda: None)

    def stop(self) -> None:
        stop_process(self._child, self._program.stop_signals)

    def kill(self) -> None:
        """Kill the Erlang machine, which the script that was started waits for."""
        os.kill(int((self.directory / "pid").read_text()), SIGKILL)
        self._child.wait()

    def control(self, *argv: str) -> None:
        """Run a command of rabbitmqctl."""
        subprocess.run(
            [CONTROL, "--node", self.node, *argv],
            env=os.environ | self.environment,
            check=True,
            capture_output=True,
            timeout=60,
        )


@contextmanager
def run_rabbitmq(directory: Path) -> Iterator[RabbitMQ]:
    """Run a server in the directory. Fails if Debian's package is not installed."""
    if not SERVER.exists():
        pytest.fail("RabbitMQ is missing: install Debian's rabbitmq-server package")
    directory.mkdir(parents=True, exist_ok=True)
    # Erlang's name server: without one that runs, the server would start one that outlives it.
    port = free_port()
    names = process.Program(
        "epmd",
        (str(shutil.which("epmd")), "-port", str(port), "-address", HOST),
        directory / "epmd.log",
        {"HOME": str(directory)},
        directory,
    )
    with services.run_program(names, lambda: accepts_connections(port)):
        server = RabbitMQ(directory, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()

"""Runs the servers of a state directory as `manage.py up` runs its own: what is killed is started again."""

import sys
from pathlib import Path

from crmmirror.embedded import console, sockets
from crmmirror.embedded.address import Address
from crmmirror.embedded.stack import Stack
from crmmirror.embedded.supervisor import Stopped, Supervisor

UP = "The servers are up."


def run(directory: Path) -> None:
    (directory / "log").mkdir(parents=True)
    supervisor = Supervisor()
    supervisor.heed_signals()
    try:
        Stack(directory, Address("127.0.0.1", 0), supervisor, workers=0).start_servers()
        console.show(UP)
        supervisor.watch()
    except Stopped:
        pass
    finally:
        supervisor.stop()
        sockets.discard(directory)


if __name__ == "__main__":
    run(Path(sys.argv[1]))

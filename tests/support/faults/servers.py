"""Runs the servers of a state directory as `manage.py up` does, which restarts one that is killed."""

import sys
from pathlib import Path

from crmmirror.embedded.address import Address
from crmmirror.embedded.processes.console import print_text
from crmmirror.embedded.run import supervise
from crmmirror.embedded.stack import Stack

UP_MESSAGE = "The servers are up."


def run(directory: Path) -> None:
    (directory / "log").mkdir(parents=True)
    with supervise(directory) as supervisor:
        nowhere = Address("127.0.0.1", 0)
        Stack(directory, nowhere, nowhere, supervisor, workers=0).start_servers()
        print_text(UP_MESSAGE)
        supervisor.watch()


if __name__ == "__main__":
    run(Path(sys.argv[1]))

"""What asks the embedded stack to stop; `test_up` has the signals."""

import os
import subprocess
import sys

from tests.support.paths import PROJECT

WATCH = """
from crmmirror.embedded.processes.supervisor import Supervisor

supervisor = Supervisor()
print("watching", flush=True)
supervisor.watch()
"""


def test_a_closed_terminal_ends_it_though_no_signal_comes() -> None:
    """As under a `make` that leads the session: it gets the signal, and waits."""
    ours, its = os.openpty()
    argv = [sys.executable, "-c", WATCH]
    with subprocess.Popen(
        argv, stdin=its, stdout=subprocess.PIPE, cwd=PROJECT, start_new_session=True
    ) as watching:
        os.close(its)
        assert watching.stdout
        assert watching.stdout.readline() == b"watching\n"
        assert watching.poll() is None
        os.close(ours)
        try:
            assert watching.wait(10) == 0
        finally:
            watching.kill()

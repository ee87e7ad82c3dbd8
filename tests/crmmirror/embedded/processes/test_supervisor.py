"""The supervisor stops when its terminal is closed; `test_up` tests the signals."""

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


def test_a_closed_terminal_stops_the_supervisor_without_a_signal() -> None:
    """No signal comes under `make`: as the leader of the session it gets SIGHUP alone, and waits for `up`."""
    our_end, child_end = os.openpty()
    argv = [sys.executable, "-c", WATCH]
    with subprocess.Popen(
        argv, stdin=child_end, stdout=subprocess.PIPE, cwd=PROJECT, start_new_session=True
    ) as child:
        os.close(child_end)
        assert child.stdout
        assert child.stdout.readline() == b"watching\n"
        assert child.poll() is None
        os.close(our_end)
        try:
            assert child.wait(10) == 0
        finally:
            child.kill()

"""A program is started with its priority for the processor."""

import sys
from pathlib import Path

import pytest

from crmmirror.embedded.processes.process import Program, start_process

# Prints the niceness of the process and, if the kernel shares the processor among sessions, of its session.
PRINT_NICENESS = """
import os
from pathlib import Path

print(os.getpriority(os.PRIO_PROCESS, 0))
group = Path("/proc/self/autogroup")
print(group.read_text().rpartition(" ")[2].strip() if group.exists() else "none")
"""


@pytest.mark.unit
@pytest.mark.parametrize("niceness", [0, 5])
def test_a_program_has_its_niceness_in_its_session_and_among_sessions(niceness: int, tmp_path: Path) -> None:
    program = Program("nice", (sys.executable, "-c", PRINT_NICENESS), tmp_path / "log", niceness=niceness)
    assert start_process(program).wait(10) == 0
    of_process, of_session = program.log.read_text().split()
    assert int(of_process) == niceness
    assert of_session in ("none", str(niceness))

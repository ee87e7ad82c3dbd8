"""Logs of the stack's processes are rotated while these write, and are followed meanwhile."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from crmmirror.embedded.processes import console
from crmmirror.embedded.processes.console import LogFollower, rotate_log

pytestmark = pytest.mark.unit

MAX_BYTES = 10_000
ROTATIONS = 10
# Writes until its input ends, and then one line more.
WRITER = """
import itertools, select, sys
for number in itertools.count():
    ended = select.select([sys.stdin], [], [], 0.0003)[0]
    sys.stdout.write(f"2026-01-01T00:00:00Z line {number}\\n")
    sys.stdout.flush()
    if ended:
        break
"""


@pytest.fixture(autouse=True)
def small_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "MAX_LOG_BYTES", MAX_BYTES)


def numbers_in(text: str) -> list[int]:
    return [int(line.rpartition(" ")[2]) for line in text.splitlines()]


def test_a_log_is_rotated_and_followed_while_a_process_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, old = tmp_path / "web.log", tmp_path / "web.old.log"
    follower = LogFollower("web", log)
    writer = [sys.executable, "-c", WRITER]
    with log.open("ab") as output, subprocess.Popen(writer, stdin=subprocess.PIPE, stdout=output) as process:
        rotations = 0
        while rotations < ROTATIONS:
            time.sleep(0.005)
            follower.print_new_lines()
            rotations += log.stat().st_size > MAX_BYTES
            rotate_log(log)
        assert process.stdin
        process.stdin.close()
        process.wait()
    follower.print_new_lines()
    printed = numbers_in(capsys.readouterr().out)
    rotated, kept = numbers_in(old.read_text()), numbers_in(log.read_text())
    assert log.read_bytes()[:1] == b"2", "there is a hole where the log was cut"
    assert rotated[-1] < kept[0]
    assert kept[-1] == printed[-1]
    assert printed == sorted(set(printed))
    # A few may be lost at each rotation.
    assert len(printed) > kept[-1] / 2


def test_a_short_log_and_one_that_is_not_there_stay(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    rotate_log(log)
    log.write_text("short\n")
    rotate_log(log)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]

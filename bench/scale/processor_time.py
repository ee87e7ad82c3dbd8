"""Reads the processor time of running processes, exactly, and what the machine had left for them."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

NANOSECONDS = 1e9
# The kind of clock that counts the time for which a process ran, in the number of a clock; see
# clock_getcpuclockid(3).
CPU_CLOCK = 2
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# The places of the times in which nothing ran, in the first line of /proc/stat; see proc(5).
IDLE, IOWAIT = 3, 4
# The places in /proc/<pid>/stat of the time that ended children took, counted from behind the name.
ENDED_CHILDREN = slice(13, 15)


@dataclass(frozen=True)
class MachineTime:
    """A moment of the machine: the seconds in which its cores were idle and busy, and the wall clock's."""

    idle: float
    busy: float
    wall: float


def read_seconds(pid: int) -> float:
    """Return the processor time that a process has used. Raises OSError if there is no such process.

    Its own clock is exact; the times of /proc/<pid>/stat are in hundredths of a second.
    """
    return time.clock_gettime_ns((~pid << 3) | CPU_CLOCK) / NANOSECONDS


def read_tree_seconds(pid: int) -> float:
    """Return the processor time of a process and all its descendants, also of those that have ended."""
    total = read_seconds(pid) + _read_ended_children(pid)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            total += read_tree_seconds(int(child))
        except OSError:
            # It has just ended: the next reading finds its time with the parent.
            continue
    return total


def read_machine_time() -> MachineTime:
    """Return the machine's idle and busy time until now."""
    line = Path("/proc/stat").read_text().split("\n", 1)[0]
    # guest time, the last two, is in the user time already.
    ticks = [int(field) for field in line.split()[1:9]]
    idle = ticks[IDLE] + ticks[IOWAIT]
    return MachineTime(idle / TICKS_PER_SECOND, (sum(ticks) - idle) / TICKS_PER_SECOND, time.perf_counter())


def count_free_cores(before: MachineTime, after: MachineTime, own_seconds: float) -> float:
    """Return how many cores there were for the measured processes: idle, or used by them.

    own_seconds: the processor time that the measured processes used meanwhile.
    """
    idle, busy = after.idle - before.idle, after.busy - before.busy
    others = max(0.0, busy - own_seconds)
    return (idle + busy - others) / (after.wall - before.wall)


def _read_ended_children(pid: int) -> float:
    text = Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[ENDED_CHILDREN]) / TICKS_PER_SECOND

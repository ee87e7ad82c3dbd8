"""The processor time of this machine's processes, by what their command lines have."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessorTimes:
    """Seconds that processes have spent in their own code, and in the kernel for them."""

    user: float
    system: float

    def __add__(self, other: "ProcessorTimes") -> "ProcessorTimes":
        return ProcessorTimes(self.user + other.user, self.system + other.system)

    def __sub__(self, other: "ProcessorTimes") -> "ProcessorTimes":
        return ProcessorTimes(self.user - other.user, self.system - other.system)


NONE = ProcessorTimes(0, 0)


def read_processor_times(words: Mapping[str, str]) -> dict[str, ProcessorTimes]:
    """Return the times of each kind of process that run now, with those of its children that have ended.

    words: the name of a kind -> what its processes have in their command lines.
    """
    times = dict.fromkeys(words, NONE)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, stat = (process / "cmdline").read_text(errors="replace"), (process / "stat").read_text()
        except OSError:
            # It has ended.
            continue
        for kind, word in words.items():
            if word in command:
                times[kind] += _parse(stat)
                break
    return times


def _parse(stat: str) -> ProcessorTimes:
    # proc(5): the fields 14 to 17; the second one, in brackets, may have spaces.
    user, system, children_user, children_system = map(int, stat.rpartition(")")[2].split()[11:15])
    return ProcessorTimes((user + children_user) / TICKS, (system + children_system) / TICKS)

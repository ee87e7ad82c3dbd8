"""The peak of a process's memory."""

from pathlib import Path

KIB_PER_MIB = 1024


def read_peak(pid: int) -> float:
    """Return the peak resident memory of a process in MiB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    # VmHWM is the peak of the resident memory, in KiB; see proc(5).
    return next((int(line.split()[1]) / KIB_PER_MIB for line in lines if line.startswith("VmHWM:")), 0)

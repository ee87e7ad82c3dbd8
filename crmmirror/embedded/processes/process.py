"""One child process: it ends when its parent dies, is stopped within deadlines, and writes to a log file."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.identity import Identity, get_current_identity

PR_SET_PDEATHSIG = 1
# A child that ends is noticed at once, so this is for one that hangs. On two cores at a load of 20, web took
# more than 60 s to answer.
MAX_READY_SECONDS = 300
READY_POLL_SECONDS = 0.02
# Signals to send one after the other until the process ends, each with the seconds to wait for it.
StopSignals = tuple[tuple[Signals, float], ...]
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """A program to run as a child process, and how to stop it.

    env: added to the parent's environment. niceness: by how much its priority for the processor is lower than
    the parent's. parent_death_signal: the kernel sends it to the child when the
    parent dies, in whatever way, so that no child is left behind.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    identity: Identity = field(default_factory=get_current_identity)
    stop_signals: StopSignals = ((SIGTERM, 10), (SIGKILL, 5))
    parent_death_signal: Signals = SIGTERM
    niceness: int = 0


def start_process(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that a terminal's Ctrl-C reaches only the parent.

    Call this from the main thread: the kernel sends the parent-death signal when the thread that forked
    ends, even if its process goes on.
    """
    with program.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **program.env},
            cwd=program.cwd,
            start_new_session=True,
            preexec_fn=die_with_parent(program.identity, program.parent_death_signal, program.niceness),
        )


def die_with_parent(
    identity: Identity, parent_death_signal: Signals, niceness: int = 0
) -> Callable[[], None]:
    """Return the function that a child calls between fork and exec.

    It changes the user before it asks for the signal, because that clears one that was set before.
    """
    parent = os.getpid()

    def prepare_child() -> None:
        lower_priority(niceness)
        identity.assume()
        _libc.prctl(PR_SET_PDEATHSIG, parent_death_signal, 0, 0, 0)
        # The parent may have died before the line above: then the signal never comes.
        if os.getppid() != parent:
            os._exit(1)

    return prepare_child


def lower_priority(niceness: int) -> None:
    """Lower this process's priority for the processor, in its session and among the sessions.

    Where the kernel shares the processor among sessions first (`sched_autogroup_enabled`), the niceness of a
    process counts in its session only.
    """
    if niceness:
        os.nice(niceness)
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))


def stop_process(process: subprocess.Popen[bytes], stop_signals: StopSignals) -> None:
    """Send the signals in turn until the process ends; then kill what is left of its session."""
    for number, seconds in stop_signals:
        if process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    kill_session(process.pid)


def kill_session(leader: int) -> None:
    """Kill the processes that a dead child left running in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wait_until_ready(
    program: Program, child: subprocess.Popen[bytes], is_ready: Callable[[], bool], tick: Callable[[], None]
) -> None:
    """Return once the child is ready.

    tick: called between two readiness checks; may raise to give up. Raises EmbeddedError if the child ends
    first, or is not ready within MAX_READY_SECONDS.
    """
    deadline = time.monotonic() + MAX_READY_SECONDS
    while not is_ready():
        if child.poll() is not None:
            raise EmbeddedError(
                f"{program.name} ended with status {child.returncode}: {read_last_log_line(program.log)}"
            )
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{program.name} did not answer within {MAX_READY_SECONDS} s; see {program.log}."
            )
        tick()
        time.sleep(READY_POLL_SECONDS)


def read_last_log_line(log: Path) -> str:
    """Return the last line of a log that is not blank, or a text that says that the log is empty."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"{log} is empty"

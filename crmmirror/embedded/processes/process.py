"""One child process: started on a leash, stopped with deadlines, its output in a file."""

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
from crmmirror.embedded.processes import identity
from crmmirror.embedded.processes.identity import current_identity

PR_SET_PDEATHSIG = 1
READY_SECONDS = 60
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """What to run, and how to end it.

    `ends` lists (signal, seconds to wait for it), to be tried in turn. `orphaned` is the signal
    that the kernel sends when the parent dies, however it dies.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    runs_as: identity.Identity = field(default_factory=current_identity)
    ends: tuple[tuple[Signals, float], ...] = ((SIGTERM, 10), (SIGKILL, 5))
    orphaned: Signals = SIGTERM


def start_process(program: Program) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, so that a terminal's Ctrl-C reaches only the parent.

    Call it from the main thread: the kernel takes the death of the forking thread for the
    parent's.
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
            preexec_fn=die_with_parent(program.runs_as, program.orphaned),
        )


def die_with_parent(runs_as: identity.Identity, orphaned: Signals) -> Callable[[], None]:
    """What a child does between fork and exec. A change of user clears the leash, so it comes last."""
    parent = os.getpid()

    def prepare() -> None:
        runs_as.assume()
        _libc.prctl(PR_SET_PDEATHSIG, orphaned, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def stop_process(process: subprocess.Popen[bytes], ends: tuple[tuple[Signals, float], ...]) -> None:
    """End it by the first signal that does, and whatever is left of its session after it."""
    for number, seconds in ends:
        if process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    kill_session(process.pid)


def kill_session(leader: int) -> None:
    """Kill what a dead child left running in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wait_until_ready(
    program: Program, child: subprocess.Popen[bytes], answers: Callable[[], bool], tick: Callable[[], None]
) -> None:
    """Return once it answers. Raises EmbeddedError where it ends first, or keeps silent for a minute.

    `tick` is called between two tries; it may raise to give up.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not answers():
        if child.poll() is not None:
            raise EmbeddedError(
                f"{program.name} ended with status {child.returncode}: {last_log_line(program.log)}"
            )
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{program.name} does not answer; {program.log} may say why.")
        tick()
        time.sleep(0.02)


def last_log_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"{log} is empty"

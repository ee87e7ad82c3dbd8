"""A supervisor: restarts the children of the stack with a back-off, and stops them in reverse order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.console import LogFollower, print_event, rotate_log
from crmmirror.embedded.processes.process import (
    Program,
    kill_session,
    start_process,
    stop_process,
    wait_until_ready,
)

WATCH_POLL_SECONDS = 0.1
RUN_POLL_SECONDS = 0.02
# Back-off: the pause before a restart grows with each failure in a row, and stays at the last value.
BACK_OFF_SECONDS = (0.2, 1, 2, 5, 10, 30)
# A child that ran for longer than this starts again with the shortest pause.
STABLE_SECONDS = 60
STANDARD_INPUT = 0


class StopRequested(Exception):
    """Raised out of a waiting loop when somebody asks to stop before the stack is up."""


@dataclass(frozen=True)
class Service:
    """A program that runs as long as the stack does.

    is_ready: a readiness check, called until it returns True. prepare: called before each start.
    """

    program: Program
    is_ready: Callable[[], bool] = lambda: True
    prepare: Callable[[], None] = lambda: None
    started_message: str = "started"


@dataclass
class Child:
    """A service and its current process.

    failure_count: failures in a row, for the back-off. restart_at: None while the process runs. Both
    times are of the monotonic clock.
    """

    service: Service
    process: subprocess.Popen[bytes]
    started_at: float = field(default_factory=time.monotonic)
    failure_count: int = 0
    restart_at: float | None = None


class Supervisor:
    """Starts, watches and stops children, all in the main thread.

    A second thread must not start any: the kernel ties a child's parent-death signal to the thread that
    forked it.
    """

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.log_followers: list[LogFollower] = []
        self.is_stop_requested = False
        self.has_terminal = os.isatty(STANDARD_INPUT)

    def install_signal_handlers(self) -> None:
        """Make SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed terminal) ask for an orderly stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, service: Service, *, prints_log: bool = False) -> None:
        """Start a service and return once it is ready. `watch` restarts it from then on.

        prints_log: print new lines of its log. Raises EmbeddedError, StopRequested, OSError.
        """
        started_at = time.monotonic()
        if prints_log:
            self.log_followers.append(LogFollower(service.program.name, service.program.log))
        service.prepare()
        child = Child(service, start_process(service.program))
        self.children.append(child)
        wait_until_ready(service.program, child.process, service.is_ready, self.tick)
        seconds = time.monotonic() - started_at
        print_event(service.program.name, f"{service.started_message} after {seconds:.1f} s")

    def run(self, program: Program, *, prints_log: bool = False) -> int:
        """Run a program to its end and return its exit status. Raises StopRequested.

        prints_log: print new lines of its log meanwhile.
        """
        rotate_log(program.log)
        followers = [LogFollower(program.name, program.log)] if prints_log else []
        self.log_followers += followers
        process = start_process(program)
        try:
            while process.poll() is None:
                self.tick()
                time.sleep(RUN_POLL_SECONDS)
        finally:
            stop_process(process, program.stop_signals)
            for follower in followers:
                self.log_followers.remove(follower)
        return process.returncode

    def tick(self) -> None:
        """Print new log lines. Call it in each turn of a waiting loop. Raises StopRequested."""
        self._poll_logs_and_terminal()
        if self.is_stop_requested:
            raise StopRequested

    def watch(self) -> None:
        """Restart children that end, until somebody asks to stop."""
        while not self.is_stop_requested:
            self._poll_logs_and_terminal()
            for child in self.children:
                self._restart_if_ended(child)
            time.sleep(WATCH_POLL_SECONDS)

    def stop(self) -> None:
        """Stop the children in reverse order: no program outlives the broker or the database that it uses."""
        while self.children:
            child = self.children.pop()
            stop_process(child.process, child.service.program.stop_signals)
            print_event(child.service.program.name, "stopped")

    def _poll_logs_and_terminal(self) -> None:
        """Print new log lines, rotate long logs, and ask to stop if the terminal was closed.

        Under `make`, a closed terminal is signalled only to `make`, which waits for this process to end.
        """
        for follower in self.log_followers:
            follower.print_new_lines()
        for child in self.children:
            rotate_log(child.service.program.log)
        if self.has_terminal and not os.isatty(STANDARD_INPUT):
            self.is_stop_requested = True

    def _request_stop(self, number: int, _: FrameType | None) -> None:
        self.is_stop_requested = True

    def _restart_if_ended(self, child: Child) -> None:
        """Schedule a restart if the child has ended; restart it if its pause is over."""
        if child.restart_at is not None:
            if time.monotonic() >= child.restart_at:
                self._restart(child)
        elif child.process.poll() is not None:
            self._schedule_restart(child)

    def _schedule_restart(self, child: Child) -> None:
        kill_session(child.process.pid)
        now = time.monotonic()
        if now - child.started_at > STABLE_SECONDS:
            child.failure_count = 0
        pause = BACK_OFF_SECONDS[min(child.failure_count, len(BACK_OFF_SECONDS) - 1)]
        child.failure_count += 1
        child.restart_at = now + pause
        message = f"ended with status {child.process.returncode}; starting it again in {pause} s"
        print_event(child.service.program.name, message)

    def _restart(self, child: Child) -> None:
        child.started_at, child.restart_at = time.monotonic(), None
        try:
            child.service.prepare()
            child.process = start_process(child.service.program)
        except (EmbeddedError, OSError) as error:
            print_event(child.service.program.name, f"did not start: {error}")
            self._schedule_restart(child)
        else:
            print_event(child.service.program.name, "started again")

"""Keeps the children of the stack running, and ends them in order."""

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

TICK_SECONDS = 0.1
# Pauses before a restart; a child that ran well for a while starts over with the first.
PAUSES = (0.2, 1, 2, 5, 10, 30)
WELL_SECONDS = 60
STANDARD_INPUT = 0


class Stopped(Exception):
    """Somebody asked the stack to stop before it was up."""


@dataclass(frozen=True)
class Service:
    """A program that runs for as long as the stack does."""

    program: Program
    answers: Callable[[], bool] = lambda: True
    prepare: Callable[[], None] = lambda: None
    started: str = "started"


@dataclass
class Child:
    service: Service
    process: subprocess.Popen[bytes]
    since: float = field(default_factory=time.monotonic)
    deaths: int = 0
    due: float | None = None


class Supervisor:
    """Everything happens in the main thread: a child's leash is tied to the thread that forked it."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.followers: list[LogFollower] = []
        self.asked_to_stop = False
        self.has_terminal = os.isatty(STANDARD_INPUT)

    def heed_signals(self) -> None:
        """Ctrl-C, SIGTERM, and SIGHUP, which is a terminal that was closed, ask for an orderly stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def start(self, service: Service, *, followed: bool = False) -> None:
        """Return once it answers; it is kept running from then on."""
        began = time.monotonic()
        rotate_log(service.program.log)
        if followed:
            self.followers.append(LogFollower(service.program.name, service.program.log))
        service.prepare()
        child = Child(service, start_process(service.program))
        self.children.append(child)
        wait_until_ready(service.program, child.process, service.answers, self.tick)
        print_event(service.program.name, f"{service.started} after {time.monotonic() - began:.1f} s")

    def run(self, program: Program) -> int:
        """Run a program to its end; its exit status."""
        running = start_process(program)
        try:
            while running.poll() is None:
                self.tick()
                time.sleep(0.02)
        finally:
            stop_process(running, program.ends)
        return running.returncode

    def tick(self) -> None:
        """What has to happen at every turn of a waiting loop. Raises Stopped."""
        self._look_around()
        if self.asked_to_stop:
            raise Stopped

    def watch(self) -> None:
        """Restart what dies, until somebody asks to stop."""
        while not self.asked_to_stop:
            self._look_around()
            for child in self.children:
                self._tend(child)
            time.sleep(TICK_SECONDS)

    def stop(self) -> None:
        """End the last first: no worker outlives its broker, and nobody the database."""
        while self.children:
            child = self.children.pop()
            stop_process(child.process, child.service.program.ends)
            print_event(child.service.program.name, "stopped")

    def _look_around(self) -> None:
        """Follow the logs; miss the terminal, whose end may be signalled to a waiting `make` alone."""
        for follower in self.followers:
            follower.follow()
        if self.has_terminal and not os.isatty(STANDARD_INPUT):
            self.asked_to_stop = True

    def _ask_to_stop(self, number: int, _: FrameType | None) -> None:
        self.asked_to_stop = True

    def _tend(self, child: Child) -> None:
        if child.due is not None:
            if time.monotonic() >= child.due:
                self._restart(child)
        elif child.process.poll() is not None:
            self._mourn(child)

    def _mourn(self, child: Child) -> None:
        kill_session(child.process.pid)
        now = time.monotonic()
        child.deaths = 0 if now - child.since > WELL_SECONDS else child.deaths
        pause = PAUSES[min(child.deaths, len(PAUSES) - 1)]
        child.deaths += 1
        child.due = now + pause
        ended = f"ended with status {child.process.returncode}; starting it again in {pause} s"
        print_event(child.service.program.name, ended)

    def _restart(self, child: Child) -> None:
        child.since, child.due = time.monotonic(), None
        try:
            child.service.prepare()
            child.process = start_process(child.service.program)
        except (EmbeddedError, OSError) as error:
            print_event(child.service.program.name, f"did not start: {error}")
            self._mourn(child)
        else:
            print_event(child.service.program.name, "started again")

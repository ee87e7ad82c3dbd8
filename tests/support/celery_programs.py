"""Celery's worker and beat as processes of their own, as docs/deploy.md starts them."""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.markdown import read
from tests.support.paths import PROJECT

# A worker that has lost its broker may wait for it, however it is asked to end.
PROGRAMS = ("worker", "beat")


def documented_command(program: str) -> list[str]:
    """Return the arguments of `celery` with which docs/deploy.md starts the program."""
    [line] = [
        line for line in read("docs/deploy.md").splitlines() if f"celery --app crmmirror {program}" in line
    ]
    return shlex.split(line.split("`")[1])[1:]


@contextmanager
def run_celery(directory: Path, environment: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """Run one worker and beat; yield the file of each one's output, by its name."""
    logs = {program: directory / f"{program}.log" for program in PROGRAMS}
    options = {
        "worker": ["--concurrency", "1"],
        "beat": ["--schedule", str(directory / "schedule"), "--pidfile", ""],
    }
    with ExitStack() as stack:
        for program, log in logs.items():
            argv = [sys.executable, "-m", "celery", *documented_command(program), *options[program]]
            output = stack.enter_context(log.open("wb"))
            process = subprocess.Popen(argv, env=environment, cwd=PROJECT, stdout=output, stderr=output)
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield logs

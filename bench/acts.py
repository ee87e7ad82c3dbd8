"""Runs an act of the mirror in a process of its own, and measures its time and memory.

A peak of memory does not go down again, and a process has caches of what its database holds: so each act has
its own. `python -m bench.acts apply` is such a process.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import django

from bench import backlog
from bench.backlog import VendorBody
from bench.peak_memory import read_peak


@dataclass(frozen=True)
class Timing:
    """The seconds that an act took, and the peak of the resident memory of its process, in MiB."""

    seconds: float
    peak: float


def run_act(name: str, *arguments: str, **settings: str) -> Timing:
    """Run one of ACTS in a new process, with these settings besides those of the environment."""
    argv = (sys.executable, "-m", "bench.acts", name, *arguments)
    environment = os.environ | settings
    output = subprocess.run(argv, check=True, stdout=subprocess.PIPE, env=environment).stdout  # noqa: S603
    return Timing(**json.loads(output))


def write_bodies(file: Path, bodies: Sequence[VendorBody]) -> None:
    """Write bodies into a file, for the act `store`; each byte as a character, as JSON has texts only."""
    file.write_text(json.dumps([(name, body.decode("latin-1")) for name, body in bodies]))


def store(file: str) -> None:
    """Store the bodies of a file as pending events."""
    from crmmirror.lib.database.cursors import execute

    backlog.store_bodies(
        [(name, body.encode("latin-1")) for name, body in json.loads(Path(file).read_text())]
    )
    execute("VACUUM ANALYZE events_event")


def apply() -> None:
    """Apply all pending events, as one worker does."""
    from events.processing.drain import drain_backlog

    drain_backlog()


def rebuild() -> None:
    """Do what `rebuild_mirror` does."""
    from events.rebuild.replacement import replace_mirror

    replace_mirror(lambda count: None)


def verify() -> None:
    """Do what `verify_mirror` does. Raises RuntimeError if it finds a difference."""
    from events.rebuild.verification import compare_with_log

    if rows := compare_with_log(lambda count: None, limit=0).rows:
        raise RuntimeError(f"{rows} rows differ from the log")


def digest() -> None:
    """Do what `verify_mirror --digest` does."""
    from entities.shadow.digest import mirror_digest

    mirror_digest()


def migrate() -> None:
    """Make the tables of a new database."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act for act in (store, apply, rebuild, verify, digest, migrate, backlog.empty_tables)
}


def main(name: str, *arguments: str) -> None:
    """Run an act; print its Timing as JSON."""
    django.setup()
    started_at = time.perf_counter()
    ACTS[name](*arguments)
    timing = Timing(time.perf_counter() - started_at, read_peak(os.getpid()))
    sys.stdout.write(json.dumps(asdict(timing)))


if __name__ == "__main__":
    main(*sys.argv[1:])

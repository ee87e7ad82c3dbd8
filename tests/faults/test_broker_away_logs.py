"""A broker that is away for long: web, worker and beat write a line a minute, and work on afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support import run_summary
from tests.support.faults.broker_clients import BrokerClients, run_broker_clients
from tests.support.faults.injections import pause_traffic_and_cut, refuse_connections
from tests.support.faults.proxy import Proxy
from tests.support.faults.refusing_broker import out_of_memory, read_only, run_valkey
from tests.support.ports import HOST

Outage = Callable[[Proxy], AbstractContextManager[None]]


@contextmanager
def run_behind_proxy(directory: Path) -> Iterator[tuple[BrokerClients, Proxy]]:
    with (
        run_valkey(directory) as socket,
        Proxy(socket) as proxy,
        run_broker_clients(directory, f"redis://{HOST}:{proxy.port}/0") as clients,
    ):
        yield clients, proxy


@contextmanager
def turn_read_only(broker: Proxy) -> Iterator[None]:
    with read_only(broker.target):
        yield


@contextmanager
def fill_memory(broker: Proxy) -> Iterator[None]:
    with out_of_memory(broker.target):
        yield


OUTAGES: tuple[Outage, ...] = (refuse_connections, turn_read_only, pause_traffic_and_cut, fill_memory)


def test_a_broker_that_is_away_for_seconds_leaves_a_line_of_each_program(
    transactional_db: None, tmp_path: Path
) -> None:
    with run_behind_proxy(tmp_path) as (clients, broker):
        sizes = clients.log_sizes()
        for outage in OUTAGES[:2]:
            with outage(broker):
                clients.deliver_for(6)
            clients.assert_work()
        clients.assert_lines(sizes, max_lines=2 * len(OUTAGES[:2]))


@pytest.mark.prove
@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.__name__)
def test_a_broker_that_is_away_for_minutes_leaves_a_line_a_minute_of_each_program(
    outage: Outage, transactional_db: None, tmp_path: Path
) -> None:
    with run_behind_proxy(tmp_path) as (clients, broker):
        sizes = clients.log_sizes()
        with outage(broker):
            clients.deliver_for(75)
        clients.assert_work()
        clients.assert_lines(sizes, max_lines=4)
        grown = {name: size - sizes[name] for name, size in clients.log_sizes().items()}
    text = ", ".join(f"{name} {size:,}" for name, size in grown.items())
    run_summary.EXTRA_LINES.append(f"broker, {outage.__name__} for 75 s: bytes of log: {text}")

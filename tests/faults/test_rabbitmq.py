"""RabbitMQ as the broker: wake-ups, sweeps and readiness, and a server that is killed or takes no message."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.ingest.store import store_event
from tests.support.faults.broker_clients import BrokerClients, run_broker_clients
from tests.support.faults.rabbitmq import RabbitMQ, run_rabbitmq
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import BODY

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]

MAX_ANSWER_SECONDS = 2
MAX_LINES = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with run_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def clients(server: RabbitMQ, tmp_path: Path) -> Iterator[BrokerClients]:
    with run_broker_clients(tmp_path, server.url) as clients:
        yield clients


def test_wakeups_and_sweeps_go_over_rabbitmq(clients: BrokerClients) -> None:
    assert clients.read_check() == (200, {"state": "ok", "detail": "takes messages", "do": ""})
    store_event(clients.source, BODY + b" ", {}, datetime.now(UTC))
    # Nobody has woken a worker for this one: it is left to the sweep.
    clients.assert_applied()
    assert clients.deliver_for(3) < MAX_ANSWER_SECONDS
    clients.assert_work()


def test_a_rabbitmq_that_is_killed_loses_nothing_and_is_found_again(
    server: RabbitMQ, clients: BrokerClients
) -> None:
    sizes = clients.log_sizes()
    server.kill()
    assert clients.deliver_for(10) < MAX_ANSWER_SECONDS
    status, check = clients.read_check()
    assert (status, check["state"]) == (503, "failed")
    server.start()
    clients.assert_work()
    wait_until(lambda: clients.read_check()[0] == 200, 10)
    assert clients.read_check()[0] == 200
    clients.assert_lines(sizes, MAX_LINES)


def test_a_rabbitmq_that_is_out_of_memory_takes_no_message_and_readiness_says_so(
    server: RabbitMQ, clients: BrokerClients
) -> None:
    """It answers, and takes a message without confirming it."""
    sizes = clients.log_sizes()
    server.control("set_vm_memory_high_watermark", "0.000001")
    try:
        assert clients.deliver_for(8) < MAX_ANSWER_SECONDS
        status, check = clients.read_check()
        assert (status, check["state"]) == (503, "failed")
    finally:
        server.control("set_vm_memory_high_watermark", "0.4")
    clients.assert_work()
    wait_until(lambda: clients.read_check()[0] == 200, 10)
    assert clients.read_check()[0] == 200
    clients.assert_lines(sizes, MAX_LINES)

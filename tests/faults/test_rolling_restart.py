"""The documented order of a restart behind nginx, with its defaults: no delivery is refused."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from events.sources.registry import create_source
from tests.support.documented_web import (
    DocumentedWeb,
    documented_code,
    free_ports,
    open_shell,
    run_documented_nginx,
)
from tests.support.faults.kill_processes import list_children
from tests.support.faults.steady_sender import VENDOR, SteadySender
from tests.support.nginx import SERVERS
from tests.support.run_summary import EXTRA_LINES
from tests.support.running_mirror import wait_until
from tests.support.vendor_requests import delivery_path
from tests.support.web_server import SHORT_DEADLOCK_TIMEOUT, accepts_connections, database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

RATE = 40.0
DELIVERIES = 1_200
MAX_DELIVERIES = 20_000
SECONDS_TO_START = 60.0
SECONDS_TO_RESTART = 240.0
STORED, DUPLICATE = 202, 200


def new_vendor(port: int) -> SteadySender:
    source, secret = create_source("restarts", VENDOR, "standard-webhooks")
    return SteadySender(port, delivery_path(source), secret, MAX_DELIVERIES)


def count_answers(vendor: SteadySender) -> Counter[int]:
    return Counter(delivery.status for delivery in vendor.deliveries)


def wait_until_all_listen(web: DocumentedWeb) -> None:
    wait_until(lambda: all(map(accepts_connections, web.ports.values())), SECONDS_TO_START)
    assert all(map(accepts_connections, web.ports.values()))


def settings() -> dict[str, str]:
    return {"DATABASE_URL": database_url(SHORT_DEADLOCK_TIMEOUT), "BEHIND_PROXY": "true"}


def test_the_documented_order_of_a_restart_behind_nginx_refuses_no_delivery(tmp_path: Path) -> None:
    start, restart = documented_code("bash")
    with run_documented_nginx(tmp_path, free_ports()) as web, open_shell(web, settings()) as shell:
        shell.run(web.adapt(start), SECONDS_TO_START)
        wait_until_all_listen(web)
        before = web.processes()
        vendor = new_vendor(web.port)
        with vendor.delivering(RATE):
            printed = shell.run(web.adapt(restart), SECONDS_TO_RESTART)
            during = len(vendor.deliveries)
            wait_until(lambda: len(vendor.deliveries) >= DELIVERIES, DELIVERIES / RATE)
        after = web.processes()
        configuration = (tmp_path / SERVERS).read_text()
    answers = count_answers(vendor)
    refused = len(vendor.deliveries) - answers[STORED]
    EXTRA_LINES.append(
        f"rolling restart: {len(before)} web processes behind nginx, one after the other,"
        f" {during:,} deliveries meanwhile, {len(vendor.deliveries):,} in all; {refused} refused"
    )
    assert printed == ""
    assert set(answers) == {STORED}, answers
    assert len(vendor.deliveries) >= DELIVERIES
    assert configuration == web.configuration()
    assert before.keys() == after.keys() == web.ports.keys()
    assert not before.items() & after.items()


def test_a_process_that_is_killed_costs_no_delivery(tmp_path: Path) -> None:
    start, _ = documented_code("bash")
    with run_documented_nginx(tmp_path, free_ports()) as web, open_shell(web, settings()) as shell:
        shell.run(web.adapt(start), SECONDS_TO_START)
        wait_until_all_listen(web)
        vendor = new_vendor(web.port)
        with vendor.delivering(RATE):
            time.sleep(1)
            kill_with_deliveries_in_it(list_children(web.processes()["8001"])[-1])
            time.sleep(3)
    answers = count_answers(vendor)
    assert set(answers) <= {STORED, DUPLICATE}, answers


def kill_with_deliveries_in_it(process: int) -> None:
    """Stop the process for so long that deliveries wait in it, and kill it then."""
    os.kill(process, signal.SIGSTOP)
    time.sleep(0.5)
    os.kill(process, signal.SIGKILL)

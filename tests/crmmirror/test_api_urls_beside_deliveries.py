"""Twenty strangers who ask for the OpenAPI schema without pause do not make deliveries late."""

import time
from pathlib import Path

import pytest

from tests.support.reader_requests import deliver_steadily, percentile
from tests.support.run_summary import EXTRA_LINES
from tests.support.schema_clients import schema_clients
from tests.support.vendor_requests import new_source
from tests.support.web_server import run_web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

CLIENTS = 20
DELIVERIES, RATE = 200, 20.0


def test_clients_that_ask_for_the_schema_without_pause_do_not_make_deliveries_late(tmp_path: Path) -> None:
    """The server has one process. With two cores the clients take what is left of them."""
    source = new_source("none")[0]
    with run_web_server(tmp_path) as web:
        alone = deliver_steadily(web, source, 40, RATE)
        with schema_clients(web.port, CLIENTS, DELIVERIES / RATE + 2) as statuses:
            time.sleep(1)
            deliveries = deliver_steadily(web, source, DELIVERIES, RATE)
    median, late = percentile(deliveries, 50), percentile(deliveries, 99)
    counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    EXTRA_LINES.append(
        f"schema: {CLIENTS} clients without pause ({counts}) beside {DELIVERIES} deliveries, of which the"
        f" median took {median * 1000:.0f} ms ({percentile(alone, 50) * 1000:.0f} without the clients), the"
        f" 99th percentile {late * 1000:.0f} ms"
    )
    assert {delivery.status for delivery in deliveries} <= {200, 202}
    assert set(statuses) <= {200, 429}
    assert median < 0.1

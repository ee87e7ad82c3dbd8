"""Half a minute of deliveries beside forty readers who wait: none is refused, and none is late."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from entities.models import Deal
from tests.support.api_client import authorization_header
from tests.support.reader_requests import Answer, ask, deliver_steadily, locked, percentile, reading
from tests.support.run_summary import EXTRA_LINES
from tests.support.vendor_requests import new_source
from tests.support.web_server import run_web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

READERS = 40
DELIVERIES, RATE = 600, 20.0
# Between two requests of a reader, who is told to wait longer.
PAUSE_SECONDS = 0.1
SLOW = {"DJANGO_SETTINGS_MODULE": "tests.support.slow_settings"}


@pytest.mark.parametrize(
    ("what", "path", "tokens", "make_lock"),
    [
        ("readers of a locked table, each with a token", "/api/v1/deals/", READERS, lambda: locked(Deal)),
        ("readers of a locked table with one token", "/api/v1/deals/", 1, lambda: locked(Deal)),
        ("slow queries of one token", "/api/v1/slow/", 1, nullcontext),
    ],
)
def test_no_delivery_is_refused_or_late_beside_waiting_readers(
    what: str,
    path: str,
    tokens: int,
    make_lock: Callable[[], AbstractContextManager[None]],
    tmp_path: Path,
) -> None:
    source = new_source("none")[0]
    headers = [authorization_header() for _ in range(tokens)]
    with run_web_server(tmp_path, SLOW) as web:
        for header in headers:
            assert ask(web, "/api/v1/leads/", Authorization=header).status == 200

        def send(number: int) -> Answer:
            return ask(web, path, Authorization=headers[number % tokens])

        with make_lock(), reading(READERS, send, PAUSE_SECONDS) as answers:
            time.sleep(1)
            deliveries = deliver_steadily(web, source, DELIVERIES, RATE)
    statuses = Counter(answer.status for answer in answers)
    refused = sum(delivery.status != 202 for delivery in deliveries)
    late = percentile(deliveries, 99)
    EXTRA_LINES.append(
        f"readers: {refused} of {DELIVERIES} deliveries refused beside {READERS} {what}, median"
        f" {percentile(deliveries, 50) * 1000:.0f} ms, 99th percentile {late * 1000:.0f} ms; readers were"
        f" answered {', '.join(f'{status}: {count}' for status, count in sorted(statuses.items()))}"
    )
    assert refused == 0
    assert late < 0.5
    assert set(statuses) <= {429, 503}
    assert all(int(answer.headers["retry-after"]) > 0 and answer.is_problem() for answer in answers)

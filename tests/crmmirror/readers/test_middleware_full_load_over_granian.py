"""A client that loads a large list as fast as it can meets no limit, also with several requests at a time."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from crmmirror.lib.database.cursors import execute
from entities.models import Lead
from tests.support.api_client import authorization_header, ensure_source
from tests.support.ports import HOST
from tests.support.run_summary import EXTRA_LINES
from tests.support.web_server import WebServer, run_web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

ROWS = 100_000
# Rows of an ordinary width: a dozen columns with values, and other fields.
INSERT = """
    INSERT INTO entities_lead (source_id, external_id, is_placeholder, name, email, mobile, stage_name,
        stage_ref, origin, value, created_at, extra)
    SELECT %s, n, false, 'Lead ' || n, n || '@example.com', '+97150' || n, 'Contacted', n %% 7, 'web',
        n / 7.0, now() - n * interval '1 minute', jsonb_build_object('score', n, 'campaign', 'spring')
    FROM generate_series(1, %s) n
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    execute(INSERT, ensure_source().pk, ROWS)
    with run_web_server(tmp_path) as server:
        yield server


def walk(web: WebServer, token: str, query: str) -> tuple[int, list[int]]:
    """Walk a list to its end, on one connection; return how many rows there are, and what was left each time.

    Fails at an answer that is not a page.
    """
    count, left = 0, []
    path: str | None = f"/api/v1/leads/?page_size=500{query}"
    with closing(HTTPConnection(HOST, web.port, timeout=60)) as http:
        while path:
            http.request("GET", path, headers={"Authorization": token})
            answer = http.getresponse()
            content = json.loads(answer.read())
            assert answer.status == 200, content
            limits = answer.getheader("RateLimit") or ""
            left.append(int(re.findall(r'"work";r=(\d+)', limits)[0]))
            count += len(content["results"])
            path = content["next"] and content["next"].partition(str(web.port))[2]
    return count, left


def test_a_client_that_walks_without_a_pause_never_has_less_than_half_of_its_budget(web: WebServer) -> None:
    count, left = walk(web, authorization_header(), "")
    assert count == ROWS
    assert min(left) >= settings.READER_SECONDS * 1000 / 2
    EXTRA_LINES.append(f"{count:,} rows in {len(left)} pages; least left of the budget: {min(left)} ms")


def test_as_many_walks_at_a_time_as_are_answered_meet_no_limit(web: WebServer) -> None:
    token, walks = authorization_header(), settings.REQUESTS_PER_READER
    width = ROWS // walks
    first = Lead.objects.order_by("id").values_list("id", flat=True)[0]
    parts = [f"&id__gte={first + width * part}&id__lt={first + width * (part + 1)}" for part in range(walks)]
    with ThreadPoolExecutor(walks) as pool:
        results = list(pool.map(lambda part: walk(web, token, part), parts))
    assert sum(count for count, _ in results) == ROWS
    least = min(min(left) for _, left in results)
    assert least > 0
    EXTRA_LINES.append(f"{ROWS:,} rows in {walks} walks at a time; least left of the budget: {least} ms")

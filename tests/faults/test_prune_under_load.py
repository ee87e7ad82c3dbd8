"""Half of a log is pruned while deliveries come: none is refused, and the space is used again."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from bench.backlog import COMPANY_TIME
from crmmirror.lib.database.cursors import execute, fetch_value
from entities.generator.company_events import generate_company
from entities.shadow.digest import mirror_digest
from entities.vendors import get_vendor
from events.models import Event, Source
from events.processing.drain import drain_backlog
from events.pruning.prune import PruningRun, prune_events
from events.sources.registry import create_source
from tests.support.faults.steady_sender import VENDOR, SteadySender
from tests.support.random_histories import store_events
from tests.support.rebuild_helpers import run_verify_mirror
from tests.support.run_summary import EXTRA_LINES
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

# By hand, more: `EVENTS=1000000 .venv/bin/pytest -m prove tests/faults/test_prune_under_load.py`.
EVENTS = int(os.environ.get("EVENTS", "20000"))
RATE = 20.0
LOG_SIZE = "SELECT pg_total_relation_size('events_event')"
BASELINE_SIZE = "SELECT pg_total_relation_size('entities_baselineentry')"
TIMELINE_SIZE = "SELECT pg_total_relation_size('entities_timelineentry')"


def store(source: Source, bodies: list[bytes], age: timedelta) -> None:
    received_at = datetime.now(UTC) - age
    store_events((source, body, received_at) for body in bodies)
    drain_backlog()


def prune_in_thread() -> PruningRun:
    try:
        return prune_events()
    finally:
        connection.close()


def mebibytes(statement: str) -> float:
    return round(int(fetch_value(statement)) / 2**20, 1)


@pytest.mark.prove
def test_half_of_the_events_is_pruned_while_deliveries_come_and_none_is_refused(tmp_path: Path) -> None:
    source, _ = create_source("pruned", VENDOR)
    bodies = generate_company(get_vendor(VENDOR), EVENTS + EVENTS // 2, 1, COMPANY_TIME)
    half = len(bodies) // 3
    store(source, bodies[:half], timedelta(days=40))
    store(source, bodies[half : 2 * half], timedelta(days=1))
    digest, full, timeline = mirror_digest(), mebibytes(LOG_SIZE), mebibytes(TIMELINE_SIZE)
    Source.objects.update(keep_days=30)
    other, secret = create_source("other", VENDOR, "standard-webhooks")
    path = reverse("webhooks:receive", args=[other.uuid])
    with run_web_server(tmp_path) as web, ThreadPoolExecutor(1) as thread:
        sender = SteadySender(web.port, path, secret, 100_000)
        began = time.monotonic()
        with sender.delivering(RATE):
            pruning = thread.submit(prune_in_thread)
            while not pruning.done():
                time.sleep(0.2)
        seconds, run = time.monotonic() - began, pruning.result()
    assert (run.pruned, run.is_done, run.unread_ids) == (half, True, [])
    assert {delivery.status for delivery in sender.deliveries} == {202}
    # Those deliveries are of another source, and not applied yet.
    assert mirror_digest() == digest
    since = datetime.now(UTC).isoformat()
    drain_backlog()
    began = time.monotonic()
    assert "0 rows differ" in run_verify_mirror("--since", since)[1]
    seconds_since = time.monotonic() - began
    assert "0 rows differ" in run_verify_mirror()[1]
    seconds_all = time.monotonic() - began - seconds_since
    for table in ("events_event", "entities_timelineentry", "entities_baselineentry"):
        execute(f"VACUUM {table}")
    pruned = mebibytes(LOG_SIZE)
    store(source, bodies[2 * half :], timedelta(days=1))
    again = mebibytes(LOG_SIZE)
    slowest = max(delivery.seconds for delivery in sender.deliveries)
    EXTRA_LINES.append(
        f"pruning: {half:,} of {2 * half:,} events in {seconds:.0f} s beside {len(sender.deliveries):,}"
        f" deliveries, none refused, the slowest {slowest:.2f} s; the log has {full} MiB before,"
        f" {pruned} MiB when pruned, {again} MiB after {half:,} more events; the timeline {timeline} MiB"
        f" before, {mebibytes(TIMELINE_SIZE)} MiB at the end; the baseline {mebibytes(BASELINE_SIZE)} MiB;"
        f" verified in {seconds_all:.0f} s, of the deliveries' records alone in {seconds_since:.1f} s"
    )
    assert Event.objects.filter(pruned_at__isnull=False).count() == half
    assert again < full * 1.3

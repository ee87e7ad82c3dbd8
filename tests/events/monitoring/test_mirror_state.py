"""The gauges that alerts go by: deliveries, malformed runs, ends of secrets and tokens, sizes of tables."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import Error, connection, transaction
from django.utils import timezone
from prometheus_client import generate_latest

from entities.models import ApiToken
from events.models import Event, Finding, Load, ResourceProgress, Source, SourceSecret
from events.monitoring import mirror_state
from events.monitoring.exposition import database_circuit, make_registry
from events.monitoring.mirror_state import MAX_RUN, MirrorStateCollector
from tests.support.metrics_scrape import Samples, parse_samples
from tests.support.vendor_requests import add_secret, deliver, new_source

pytestmark = pytest.mark.django_db


def read_state() -> Samples:
    return parse_samples(generate_latest(make_registry(MirrorStateCollector())).decode())


def deliver_all(source: Source, secret: str, kinds: str) -> None:
    """Deliver an event for each character: m is malformed, anything else is not."""
    for number, kind in enumerate(kinds):
        event = {"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": number}}
        body = {"nothing": number} if kind == "m" else event
        assert deliver(source, secret, json.dumps(body).encode()).status_code == 202


@pytest.mark.parametrize(
    ("kinds", "run"), [("", 0), ("a", 0), ("m", 1), ("mam", 1), ("ammm", 3), ("mma", 0), ("m" * 25, MAX_RUN)]
)
def test_a_run_of_malformed_events_is_counted_from_the_newest_on(kinds: str, run: int) -> None:
    deliver_all(*new_source(), kinds)
    assert read_state()["crmmirror_malformed_run", "acme"] == run


def test_the_last_delivery_is_that_of_the_newest_event_or_the_making_of_the_source() -> None:
    source, secret = new_source()
    source.refresh_from_db()
    key = ("crmmirror_last_delivery_timestamp_seconds", "acme")
    assert read_state()[key] == pytest.approx(source.created_at.timestamp(), abs=1e-3)
    deliver_all(source, secret, "aa")
    Event.objects.filter(pk=Event.objects.latest("id").pk).update(received_at=timezone.now() - timedelta(1))
    assert read_state()[key] == pytest.approx(Event.objects.latest("id").received_at.timestamp(), abs=1e-3)


def test_the_newest_reconciliation_tells_how_many_webhooks_were_missed_and_how_many_records_wait() -> None:
    source, _ = new_source()
    for findings in ([("unknown", "mended")], [("behind", "mended"), ("gone", "mended"), ("gone", "asked")]):
        load = Load.objects.create(
            source=source, purpose=Load.Purpose.RECONCILE, state=Load.State.DONE, resources=[]
        )
        progress = ResourceProgress.objects.create(load=load, resource="deals", position=0)
        for number, (kind, finding_state) in enumerate(findings):
            Finding.objects.create(
                progress=progress,
                external_id=f"{number}",
                kind=kind,
                state=finding_state,
                day=timezone.now().date(),
            )
    state = read_state()
    assert state["crmmirror_reconciliation_missed", "acme"] == 2
    assert state["crmmirror_reconciliation_asked", "acme"] == 1
    load.refresh_from_db()
    began = pytest.approx(load.started_at.timestamp(), abs=1e-3)
    assert state["crmmirror_reconciliation_timestamp_seconds", "acme"] == began


def test_an_inactive_source_has_no_gauge() -> None:
    new_source()
    Source.objects.update(active=False)
    assert not [key for key in read_state() if "acme" in key]


def test_a_secret_that_ends_is_told_unless_another_one_does_not() -> None:
    source, _ = new_source()
    key, end = ("crmmirror_secret_end_timestamp_seconds", "acme"), timezone.now() + timedelta(days=3)
    assert key not in read_state()
    SourceSecret.objects.update(expires_at=end - timedelta(days=1))
    add_secret(source, "older", expires_at=timezone.now() - timedelta(days=1))
    second = add_secret(source, "another", expires_at=end)
    assert read_state()[key] == pytest.approx(end.timestamp(), abs=1e-3)
    add_secret(source, "trial", is_trial=True)
    assert read_state()[key] == pytest.approx(end.timestamp(), abs=1e-3)
    SourceSecret.objects.filter(pk=second.pk).update(expires_at=None)
    assert key not in read_state()


def test_the_next_end_of_a_token_is_told() -> None:
    user, now = User.objects.create_user("program"), timezone.now()
    assert ("crmmirror_token_end_timestamp_seconds",) not in read_state()
    for name, days in (("ended", -1), ("next", 2), ("later", 9)):
        ApiToken.issue(user, name, now + timedelta(days=days))
    ApiToken.issue(user, "forever")
    end = (now + timedelta(days=2)).timestamp()
    assert read_state()["crmmirror_token_end_timestamp_seconds",] == pytest.approx(end, abs=1e-3)


def test_the_newest_load_of_a_source_is_told() -> None:
    source, _ = new_source(slug="acme")
    assert ("crmmirror_load_done", "acme") not in read_state()
    Load.objects.create(source=source, resources=[], started_by="x", state=Load.State.STOPPED)
    state = read_state()
    assert (state["crmmirror_load_done", "acme"], state["crmmirror_load_stopped", "acme"]) == (0, 1)
    Load.objects.create(source=source, resources=[], started_by="x", state=Load.State.DONE)
    state = read_state()
    assert (state["crmmirror_load_done", "acme"], state["crmmirror_load_stopped", "acme"]) == (1, 0)


def test_the_size_of_the_database_is_told() -> None:
    assert read_state()["crmmirror_database_bytes",] > 1_000_000


@pytest.mark.django_db(transaction=True)
def test_large_tables_have_their_live_and_dead_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = mirror_state.TABLE_ROWS.replace(str(mirror_state.MIN_TABLE_ROWS), "2")
    gauges = [replace(g, statement=statement) if g.label == "table" else g for g in mirror_state.GAUGES]
    monkeypatch.setattr(mirror_state, "GAUGES", gauges)
    # In a transaction, so that all of it is counted by the connection that is told to flush its counts.
    with transaction.atomic():
        deliver_all(*new_source(), "aaaa")
        Event.objects.all().update(attempts=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    state = read_state()
    assert state["crmmirror_table_live_rows", "events_event"] >= 4
    assert state["crmmirror_table_dead_rows", "events_event"] >= 4


def test_the_state_is_seven_queries_however_many_sources_there_are(django_assert_num_queries: Any) -> None:
    for number in range(3):
        new_source(slug=f"acme-{number}")
    # A savepoint and its release, the statement timeout, and the queries.
    with django_assert_num_queries(10):
        read_state()


def test_a_database_that_fails_leaves_the_gauges_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise Error

    new_source()
    monkeypatch.setattr(mirror_state, "fetch_rows", fail)
    assert read_state() == {}
    database_circuit.record_success()

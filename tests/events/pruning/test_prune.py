"""Pruning removes bodies, and leaves the mirror, its verification and its rebuild as they were."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.generator.event_generator import generate_stream
from entities.models import BaselineEntry, Deal, TimelineEntry
from entities.stored_events import Verdict
from entities.vendors import all_vendors
from entities.writing.mirror_lock import prevent_pruning
from events.models import Event
from events.processing.drain import drain_backlog
from events.processing.reapply import reapply
from events.pruning.prune import PruningLocked, prune_events
from tests.convergence.test_concurrency import forget_records
from tests.support.database_sessions import open_session, use_session
from tests.support.pruning import keep_bodies_for
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import (
    build_deal_body,
    deliver_generated_events,
    run_rebuild_mirror,
    run_verify_mirror,
    store_bodies,
)
from tests.support.worker_processes import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def digest() -> str:
    return run_verify_mirror("--digest")[1]


def deliver_half_of_them_old(count: int = 150) -> None:
    """Deliver generated events, and let every second one be of today."""
    deliver_generated_events(count)
    ids = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    Event.objects.filter(pk__in=ids[::2]).update(received_at=timezone.now() - timedelta(hours=1))
    keep_bodies_for(days=1)


def test_half_of_the_events_pruned_leaves_the_digest_and_a_mirror_that_verifies() -> None:
    deliver_half_of_them_old()
    before = digest()
    half = Event.objects.count() // 2
    assert prune_events().pruned == half
    assert digest() == before
    assert run_verify_mirror() == (
        0,
        f"{half} events and what is kept of {half} pruned ones, 0 rows differ\n",
    )
    assert not Event.objects.filter(pruned_at__isnull=False).exclude(body=b"").exists()
    assert not Event.objects.filter(pruned_at=None, body=b"").exists()


def test_a_rebuild_of_lost_tables_starts_from_the_baseline() -> None:
    deliver_half_of_them_old()
    before = digest()
    prune_events()
    forget_records()
    assert digest() != before
    run_rebuild_mirror()
    assert digest() == before
    assert run_verify_mirror()[0] == 0


def test_pruning_again_changes_nothing() -> None:
    deliver_half_of_them_old()
    prune_events()
    before = list(BaselineEntry.objects.order_by("pk").values())
    assert prune_events().pruned == 0
    assert list(BaselineEntry.objects.order_by("pk").values()) == before


def test_an_old_event_that_arrives_after_the_pruning_does_not_overwrite_what_is_kept() -> None:
    heffl = ensure_source("heffl")
    store_bodies(heffl, [build_deal_body(5, title="New", priority="high")])
    drain_backlog()
    keep_bodies_for()
    prune_events()
    store_bodies(heffl, [build_deal_body(1, title="Old", value=7), build_deal_body(9, priority="low")])
    drain_backlog()
    deal = Deal.objects.get()
    assert (deal.title, deal.value, deal.priority) == ("New", 7, "low")
    assert run_verify_mirror()[0] == 0


def test_a_redelivery_of_a_pruned_event_is_a_duplicate(client: Client) -> None:
    heffl, body = ensure_source("heffl"), build_deal_body(1, title="A")
    store_bodies(heffl, [body])
    drain_backlog()
    keep_bodies_for()
    prune_events()
    event = Event.objects.get()
    answer = client.post(reverse("webhooks:receive", args=[heffl.uuid]), body, "application/json")
    assert (answer.status_code, answer.json()) == (200, {"status": "duplicate", "event": event.pk})
    assert Event.objects.get().body == b""


def test_a_source_without_a_number_of_days_keeps_its_bodies_for_ever() -> None:
    deliver_generated_events(5)
    assert prune_events().pruned == 0
    assert not Event.objects.filter(body=b"").exists()


@pytest.mark.parametrize("status", [Event.Status.PENDING, Event.Status.FAILED, Event.Status.MALFORMED])
def test_what_is_neither_applied_nor_ignored_keeps_its_body(status: str) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="A")])
    drain_backlog()
    Event.objects.update(status=status)
    keep_bodies_for()
    assert prune_events().pruned == 0
    assert Event.objects.get().body


def test_an_ignored_event_leaves_nothing_in_the_baseline() -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, event="weather.changed")])
    drain_backlog()
    keep_bodies_for()
    assert prune_events().pruned == 1
    assert Event.objects.get().status == Verdict.IGNORED
    assert not BaselineEntry.objects.exists()


def test_an_event_that_todays_mapping_judges_otherwise_keeps_its_body() -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, event="weather.changed")])
    drain_backlog()
    Event.objects.update(status=Event.Status.APPLIED)
    keep_bodies_for()
    run = prune_events()
    assert (run.pruned, run.unread_ids) == (0, [Event.objects.get().pk])
    assert Event.objects.get().body


def test_a_pruned_event_is_not_applied_again() -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="A"), build_deal_body(2, title="B")])
    drain_backlog()
    Event.objects.filter(pk=Event.objects.latest("pk").pk).update(received_at=timezone.now())
    keep_bodies_for()
    prune_events()
    assert reapply(Event.objects.all()).count == 1
    drain_backlog()
    assert run_verify_mirror()[0] == 0


def test_values_that_lost_are_gone_and_the_winner_still_names_its_event() -> None:
    store_bodies(
        ensure_source("heffl"),
        [build_deal_body(1, title="Secret", notes="Secret"), build_deal_body(2, title="B", notes="C")],
    )
    drain_backlog()
    keep_bodies_for()
    prune_events()
    kept = [json.dumps(row) for row in BaselineEntry.objects.values_list("writes", flat=True)]
    shown = [json.dumps(row) for row in TimelineEntry.objects.values_list("wrote", flat=True)]
    assert "Secret" not in " ".join(kept + shown)
    newest = Event.objects.latest("pk")
    assert TimelineEntry.objects.filter(event=newest, wrote__title="B").exists()


def test_nothing_is_pruned_while_a_rebuild_reads_the_log() -> None:
    deliver_half_of_them_old(10)
    with closing(open_session()) as rebuild, transaction.atomic():
        prevent_pruning()
        with use_session(rebuild), pytest.raises(PruningLocked):
            prune_events()
    assert prune_events().pruned == Event.objects.count() // 2


def test_an_event_that_another_transaction_holds_is_left_for_later() -> None:
    deliver_half_of_them_old(10)
    oldest = Event.objects.filter(received_at__lt=timezone.now() - timedelta(days=1)).earliest("pk")
    with closing(open_session()) as other, transaction.atomic():
        Event.objects.select_for_update().get(pk=oldest.pk)
        with use_session(other):
            assert prune_events().pruned == Event.objects.count() // 2 - 1
    assert prune_events().pruned == 1


def test_a_run_ends_when_its_time_is_up_and_the_next_one_goes_on() -> None:
    deliver_generated_events(150)
    keep_bodies_for()
    run = prune_events(seconds=0)
    assert not run.is_done
    assert 0 < run.pruned < Event.objects.count()
    assert run.pruned + prune_events().pruned == Event.objects.count()


def test_a_process_that_is_killed_in_the_middle_leaves_nothing_half_done() -> None:
    deliver_generated_events(200)
    before = digest()
    keep_bodies_for()
    for number in range(2):
        worker = Worker(f"pruning-{number}", "prune_events")
        assert worker.kill_in_a_batch(), f"{worker.name} ended before it could be killed"
        assert run_verify_mirror()[0] == 0
        assert digest() == before
    assert prune_events().is_done
    assert not Event.objects.filter(pruned_at=None).exists()
    assert run_verify_mirror()[0] == 0
    assert digest() == before


def test_workers_that_apply_events_meanwhile_and_pruning_make_one_mirror() -> None:
    deliver_generated_events(50)
    keep_bodies_for()
    for vendor in all_vendors().values():
        store_bodies(ensure_source(vendor.name), generate_stream(vendor, 150, seed=2))
    workers = [Worker(f"applying-{number}") for number in range(2)]
    while any(worker.process.poll() is None for worker in workers):
        prune_events(seconds=0)
    assert [worker.wait() for worker in workers] == [0, 0]
    assert prune_events().is_done
    assert not Event.objects.exclude(pruned_at__isnull=False).exists()
    before = digest()
    assert run_verify_mirror()[0] == 0
    forget_records()
    run_rebuild_mirror()
    assert digest() == before

"""A rebuild restores what the log says, under the same ids, with the events that come meanwhile."""

from collections.abc import Callable
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from entities.models import Contact, Deal, TimelineEntry
from events.models import Event
from events.processing.drain import drain_backlog
from events.rebuild import replacement
from tests.support.random_histories import RECEIVED, source
from tests.support.rebuild_helpers import deal, deliver, deliver_bodies, keys, rebuild, tables, verify

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rebuild_repairs_damaged_rows_and_keeps_every_id() -> None:
    deliver(150)
    digest, ids = verify("--digest"), keys()
    Deal.objects.update(title="Wrong", extra={"no": 1}, closed_at=RECEIVED, is_deleted=True)
    Contact.objects.update(client=None, tags=["no"])
    TimelineEntry.objects.filter(pk__lt=TimelineEntry.objects.order_by("pk")[40].pk).delete()
    assert verify()[0] == 1
    rebuild()
    assert verify()[0] == 0
    assert (digest, ids) == (verify("--digest"), keys())


def test_a_rebuild_brings_lost_records_back_with_their_references() -> None:
    deliver(100)
    digest = verify("--digest")
    with connection.cursor() as cursor:
        names = ", ".join(f'"{model._meta.db_table}"' for model in tables() if model is not Event)
        cursor.execute(f"TRUNCATE {names}")
    rebuild()
    assert verify("--digest") == digest


def test_a_rebuild_of_a_correct_mirror_touches_no_row() -> None:
    deliver(60)
    changed = list(Deal.objects.order_by("id").values_list("changed_at", flat=True))
    assert rebuild() == "rebuilt from 120 events: 0 rows and 0 events changed\n"
    assert changed == list(Deal.objects.order_by("id").values_list("changed_at", flat=True))


def test_events_applied_while_the_mirror_is_rebuilt_are_in_it(meanwhile: Callable[..., None]) -> None:
    deliver_bodies(source("heffl"), [deal(1, title="Before", clientId="c1")])
    drain_backlog()
    meanwhile(deal(2, title="Meanwhile", clientId="c2"))
    rebuild()
    assert Deal.objects.get().title == "Meanwhile"
    assert verify()[0] == 0


def test_a_batch_that_began_before_the_rebuild_and_ends_within_it_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its events are settled before the rebuild starts, and committed only after the log was read."""
    deliver_bodies(source("heffl"), [deal(1, title="Slow")])
    settled, ended = Signal(), Signal()
    wait_for_others, hold_alone = replacement.wait_for_running_batches, replacement.lock_for_replacing
    worker = Thread(target=lambda: settle_slowly(settled, ended))

    def wait_then_begin_a_batch() -> None:
        wait_for_others()
        worker.start()
        settled.wait(10)

    def end_the_batch_then_hold() -> None:
        ended.set()
        worker.join()
        hold_alone()

    monkeypatch.setattr(replacement, "wait_for_running_batches", wait_then_begin_a_batch)
    monkeypatch.setattr(replacement, "lock_for_replacing", end_the_batch_then_hold)
    rebuild()
    assert Deal.objects.get().title == "Slow"
    assert verify() == (0, "1 events, 0 rows differ\n")


def settle_slowly(settled: Signal, ended: Signal) -> None:
    """Settle one batch, and commit it only when `ended` is set."""
    try:
        with transaction.atomic():
            drain_backlog()
            settled.set()
            ended.wait(10)
    finally:
        connection.close()


def test_a_record_that_the_rebuild_and_a_worker_both_create_keeps_the_live_id(
    meanwhile: Callable[..., None], learned: Callable[[], None]
) -> None:
    """The rebuild knows its event type by now; the worker applies an event that comes meanwhile."""
    deliver_bodies(source("heffl"), [deal(1, event="deal.archived", clientId="c1")])
    drain_backlog()
    learned()
    seen: list[set[tuple[Any, ...]]] = []
    meanwhile(deal(2, title="Meanwhile", clientId="c1"), then=lambda: seen.append(keys()))
    rebuild()
    assert seen == [keys()]
    assert Deal.objects.get().client is not None
    assert verify()[0] == 0


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function: it lets another connection apply an event just before the mirror is replaced."""

    def arrange(body: bytes, then: Callable[[], Any] = lambda: None) -> None:
        hold_alone = replacement.lock_for_replacing

        def apply_then_hold() -> None:
            in_another_connection(apply)
            hold_alone()

        def apply() -> None:
            deliver_bodies(source("heffl"), [body])
            drain_backlog()
            then()

        monkeypatch.setattr(replacement, "lock_for_replacing", apply_then_hold)

    return arrange


def in_another_connection(work: Callable[[], Any]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()

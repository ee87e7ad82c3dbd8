"""A rebuild restores what the log says, under the same ids, with the events that come meanwhile."""

from collections.abc import Callable
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from entities.models import Contact, Conversation, Deal, TimelineEntry
from entities.vendors import get_vendor
from entities.writing.mirror_lock import lock_for_replacing, wait_for_running_batches
from events.models import Event
from events.processing.drain import drain_backlog
from events.rebuild import replacement
from tests.support.envelopes import build_body
from tests.support.random_histories import RECEIVED, ensure_source
from tests.support.rebuild_helpers import (
    build_deal_body,
    deliver_generated_events,
    list_compared_models,
    read_record_keys,
    run_rebuild_mirror,
    run_verify_mirror,
    store_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rebuild_repairs_damaged_rows_and_keeps_every_id() -> None:
    deliver_generated_events(150)
    digest, ids = run_verify_mirror("--digest"), read_record_keys()
    Deal.objects.update(title="Wrong", extra={"no": 1}, closed_at=RECEIVED, is_deleted=True)
    Contact.objects.update(client=None, tags=["no"])
    TimelineEntry.objects.filter(pk__lt=TimelineEntry.objects.order_by("pk")[40].pk).delete()
    assert run_verify_mirror()[0] == 1
    run_rebuild_mirror()
    assert run_verify_mirror()[0] == 0
    assert (digest, ids) == (run_verify_mirror("--digest"), read_record_keys())


def test_a_rebuild_brings_lost_records_back_with_their_references() -> None:
    deliver_generated_events(100)
    digest = run_verify_mirror("--digest")
    with connection.cursor() as cursor:
        names = ", ".join(
            f'"{model._meta.db_table}"' for model in list_compared_models() if model is not Event
        )
        cursor.execute(f"TRUNCATE {names}")
    run_rebuild_mirror()
    assert run_verify_mirror("--digest") == digest


def test_a_rebuild_of_a_correct_mirror_touches_no_row() -> None:
    deliver_generated_events(60)
    changed = list(Deal.objects.order_by("id").values_list("changed_at", flat=True))
    assert run_rebuild_mirror() == (
        f"rebuilt from {Event.objects.count()} events: 0 rows and 0 events changed\n"
    )
    assert changed == list(Deal.objects.order_by("id").values_list("changed_at", flat=True))


def test_events_applied_while_the_mirror_is_rebuilt_are_in_it(
    apply_before_replacement: Callable[..., None],
) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Before", clientId="c1")])
    drain_backlog()
    apply_before_replacement(build_deal_body(2, title="Meanwhile", clientId="c2"))
    run_rebuild_mirror()
    assert Deal.objects.get().title == "Meanwhile"
    assert run_verify_mirror()[0] == 0


def test_a_batch_that_began_before_the_rebuild_and_ends_within_it_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The batch settles its events before the rebuild starts, and commits only after the log was read."""
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Slow")])
    settled, ended = Signal(), Signal()
    wait_for_others, hold_alone = wait_for_running_batches, lock_for_replacing
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
    run_rebuild_mirror()
    assert Deal.objects.get().title == "Slow"
    assert run_verify_mirror() == (0, "1 events, 0 rows differ\n")


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
    apply_before_replacement: Callable[..., None], teach_vendor: Callable[[], None]
) -> None:
    """The rebuild knows its event type by now; the worker applies an event that comes meanwhile."""
    store_bodies(ensure_source("heffl"), [build_deal_body(1, event="deal.archived", clientId="c1")])
    drain_backlog()
    teach_vendor()
    seen: list[set[tuple[Any, ...]]] = []
    apply_before_replacement(
        build_deal_body(2, title="Meanwhile", clientId="c1"), then=lambda: seen.append(read_record_keys())
    )
    run_rebuild_mirror()
    assert seen == [read_record_keys()]
    assert Deal.objects.get().client is not None
    assert run_verify_mirror()[0] == 0


def test_a_conversation_names_the_live_id_of_a_contact_that_both_create(
    apply_before_replacement: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_bodies(ensure_source("seedly"), [build_message_body("told", "bob")])
    drain_backlog()
    events: Any = get_vendor("seedly").events
    monkeypatch.setitem(events, "message.told", events["message.received"])
    bodies = [build_message_body("received", contact) for contact in ("ann", "bob")]
    apply_before_replacement(*bodies, vendor="seedly")
    run_rebuild_mirror()
    contacts = sorted(Contact.objects.values_list("pk", flat=True))
    assert (Conversation.objects.get().contact_ids, len(contacts)) == (contacts, 2)
    assert run_verify_mirror()[0] == 0


def build_message_body(verb: str, contact: str) -> bytes:
    """Build the body of an event of a message of its own, in one conversation with all others."""
    keys = {"subAccountId": "sa", "messageId": f"{verb} {contact}", "conversationId": "k"}
    return build_body("seedly", f"message.{verb}", keys | {"contactId": contact}, "2026-01-01T00:00:00Z")


@pytest.fixture
def apply_before_replacement(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes another connection apply events just before the mirror is replaced."""

    def arrange(*bodies: bytes, vendor: str = "heffl", then: Callable[[], Any] = lambda: None) -> None:
        hold_alone = lock_for_replacing

        def apply_then_hold() -> None:
            in_another_connection(apply)
            hold_alone()

        def apply() -> None:
            store_bodies(ensure_source(vendor), list(bodies))
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

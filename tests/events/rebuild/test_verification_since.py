"""Verification of what events since a time have touched: it reads all that belongs to it, and no more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from entities.generator.event_generator import generate_stream
from entities.models import Contact, Conversation, Deal, Invoice, SearchDocument, TimelineEntry, Word
from entities.vendors import all_vendors
from events.models import Event
from events.processing.drain import drain_backlog
from events.pruning.prune import prune_events
from tests.support.envelopes import build_body
from tests.support.pruning import keep_bodies_for
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import (
    build_deal_body,
    deliver_generated_events,
    run_verify_mirror,
    store_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)


def settle_long_ago() -> str:
    """Let all present events be settled a week ago; return a time since then."""
    Event.objects.update(settled_at=timezone.now() - timedelta(days=7))
    return (datetime.now(UTC) - timedelta(days=1)).isoformat()


def test_a_mirror_is_verified_of_which_some_events_came_lately() -> None:
    deliver_generated_events(200)
    since = settle_long_ago()
    for vendor in all_vendors().values():
        store_bodies(ensure_source(vendor.name), generate_stream(vendor, 20, seed=3))
    drain_backlog()
    status, printed = run_verify_mirror("--since", since)
    assert status == 0, printed
    assert printed.endswith(" events, 0 rows differ\n")
    lately = 20 * len(all_vendors())
    assert lately <= int(printed.split()[0]) < Event.objects.count()


def test_it_reads_the_baseline_of_the_records_that_were_touched() -> None:
    deliver_generated_events(200)
    since = settle_long_ago()
    keep_bodies_for()
    prune_events()
    for vendor in all_vendors().values():
        store_bodies(ensure_source(vendor.name), generate_stream(vendor, 20, seed=3))
    drain_backlog()
    assert run_verify_mirror("--since", since) == (
        0,
        f"{20 * len(all_vendors())} events, 0 rows differ\n",
    )


def test_nothing_is_read_if_nothing_came_since() -> None:
    deliver_generated_events(20)
    assert run_verify_mirror("--since", settle_long_ago()) == (0, "0 events, 0 rows differ\n")


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda: Deal.objects.filter(external_id="d1").update(title="Wrong"), 'title: live "Wrong"'),
        (lambda: Deal.objects.filter(external_id="d1").delete(), 'record: live "absent"'),
        (lambda: TimelineEntry.objects.filter(wrote__title="New").delete(), "timeline: live null"),
        (lambda: SearchDocument.objects.update(keys="'deal.w.wrong'"), "search keys: live"),
        (lambda: Word.objects.filter(word="open").delete(), 'record: live "absent", rebuilt "present"'),
    ],
)
def test_what_is_wrong_with_a_record_that_was_touched_is_shown(spoil: Callable[[], Any], shown: str) -> None:
    heffl = ensure_source("heffl")
    store_bodies(heffl, [build_deal_body(1, title="Old", value=5)])
    drain_backlog()
    since = settle_long_ago()
    store_bodies(heffl, [build_deal_body(2, title="New", status="open")])
    drain_backlog()
    spoil()
    status, printed = run_verify_mirror("--since", since)
    assert status == 1
    assert shown in printed
    assert "2 events" in printed


def test_what_no_event_has_touched_since_is_not_looked_at() -> None:
    heffl = ensure_source("heffl")
    store_bodies(heffl, [build_deal_body(1, title="Old"), build_body("heffl", "deal.updated", {"id": "d2"})])
    drain_backlog()
    since = settle_long_ago()
    Deal.objects.filter(external_id="d2").update(title="Wrong")
    store_bodies(heffl, [build_deal_body(2, title="New")])
    drain_backlog()
    assert run_verify_mirror("--since", since) == (0, "2 events, 0 rows differ\n")


def test_an_invoice_is_compared_of_which_only_a_payment_came_since() -> None:
    heffl = ensure_source("heffl")
    store_bodies(
        heffl,
        [
            build_body("heffl", "invoice.created", {"id": "i1", "total": 100}),
            build_body("heffl", "payment.received", {"id": "p1", "amount": 10, "invoiceId": "i1"}),
        ],
    )
    drain_backlog()
    since = settle_long_ago()
    store_bodies(
        heffl, [build_body("heffl", "payment.received", {"id": "p2", "amount": 20, "invoiceId": "i1"})]
    )
    drain_backlog()
    assert run_verify_mirror("--since", since) == (0, "3 events, 0 rows differ\n")
    Invoice.objects.update(amount_open=1)
    assert "amount_open: live 1" in run_verify_mirror("--since", since)[1]


def test_a_conversation_is_compared_with_all_its_messages() -> None:
    seedly = ensure_source("seedly")

    def message(external_id: str) -> bytes:
        keys = {"subAccountId": "sa", "messageId": external_id, "conversationId": "k", "contactId": "ann"}
        return build_body("seedly", "message.received", keys)

    store_bodies(seedly, [message("m1")])
    drain_backlog()
    since = settle_long_ago()
    store_bodies(seedly, [message("m2")])
    drain_backlog()
    assert run_verify_mirror("--since", since) == (0, "2 events, 0 rows differ\n")
    Conversation.objects.update(message_count=7)
    assert "message_count: live 7, rebuilt 2" in run_verify_mirror("--since", since)[1]
    assert Contact.objects.count() == 1


def test_a_time_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(CommandError, match="'yesterday' is no date or time, such as 2026-03-01T08:00"):
        call_command("verify_mirror", "--since", "yesterday")

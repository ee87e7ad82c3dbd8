"""Verification shows what differs from the log, and changes nothing; registers read back as written."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entities.merge.registers import dump_state, load_state
from entities.models import Contact, Conversation, Deal, Invoice, Record, SearchDocument, TimelineEntry
from entities.models.introspection import record_models
from entities.writing.record_tables import record_table
from events.models import Event
from events.processing.drain import drain_backlog
from tests.support.envelopes import build_body
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import (
    build_deal_body,
    deliver_generated_events,
    list_compared_models,
    run_rebuild_mirror,
    run_verify_mirror,
    store_bodies,
)

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = b"""{"event": "message.received", "timestamp": "2026-01-01T00:00:00Z", "data": {
    "subAccountId": "sa", "messageId": "m", "conversationId": "k", "contactId": "ann"}}"""


def contents() -> list[list[dict[str, Any]]]:
    return [list(model._base_manager.order_by("pk").values()) for model in list_compared_models()]


def test_a_mirror_that_received_its_events_in_any_order_is_verified() -> None:
    deliver_generated_events(150)
    assert run_verify_mirror() == (0, f"{Event.objects.count()} events, 0 rows differ\n")


def test_a_cell_that_was_changed_by_hand_is_shown_with_its_event() -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Right")])
    drain_backlog()
    Deal.objects.update(title="Wrong")
    status, printed = run_verify_mirror()
    event = Event.objects.get()
    assert status == 1
    assert f'deal heffl/d1: title: live "Wrong", rebuilt "Right", event {event.pk}' in printed


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda: Deal.objects.all().delete(), 'record: live "absent", rebuilt "present"'),
        (
            lambda: Contact.objects.create(source=ensure_source("heffl"), external_id="x"),
            'record: live "present"',
        ),
        (lambda: TimelineEntry.objects.first().delete(), "1 rows differ"),  # type: ignore[union-attr]
        (lambda: SearchDocument.objects.all().delete(), "search keys: live null, rebuilt"),
        (lambda: SearchDocument.objects.update(keys="'deal.w.wrong'"), "live \"'deal.w.wrong'\""),
    ],
)
def test_a_missing_or_superfluous_row_is_shown(spoil: Callable[[], Any], shown: str) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Right")])
    drain_backlog()
    spoil()
    status, printed = run_verify_mirror()
    assert status == 1
    assert shown in printed


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda entries: entries.delete(), 'live null, rebuilt {"title": "Right", "exists": true}'),
        (
            lambda entries: entries.update(wrote={"title": "Wrong"}),
            'live {"title": "Wrong"}, rebuilt {"title": "Right", "exists": true}',
        ),
    ],
)
def test_an_entry_of_a_timeline_that_differs_is_shown_with_its_record_and_event(
    spoil: Callable[[Any], Any], shown: str
) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Right")])
    drain_backlog()
    spoil(TimelineEntry.objects.all())
    event = Event.objects.get()
    assert run_verify_mirror() == (
        1,
        f"deal heffl/d1: timeline: {shown}, event {event.pk}\n1 events, 1 rows differ\n",
    )


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda rows: rows.update(message_count=7), "message_count: live 7, rebuilt 1"),
        (lambda rows: rows.update(contact_ids=[]), "contact_ids: live [], rebuilt [{contact}]"),
        (lambda rows: rows.delete(), 'record: live "absent", rebuilt "present"'),
    ],
)
def test_a_row_of_a_derived_table_that_differs_is_shown(spoil: Callable[[Any], Any], shown: str) -> None:
    store_bodies(ensure_source("seedly"), [MESSAGE])
    drain_backlog()
    spoil(Conversation.objects.all())
    line = f"conversation seedly/sa/k: {shown.format(contact=Contact.objects.get().pk)}, no event"
    assert run_verify_mirror() == (1, f"{line}\n1 events, 1 rows differ\n")
    digest = run_verify_mirror("--digest")
    assert run_rebuild_mirror() == "rebuilt from 1 events: 1 rows and 0 events changed\n"
    assert run_verify_mirror()[0] == 0
    assert run_verify_mirror("--digest") != digest


def test_verifying_changes_nothing() -> None:
    deliver_generated_events(60)
    Deal.objects.update(title="Wrong")
    before = contents()
    assert run_verify_mirror()[0] == 1
    assert before == contents()


def test_a_pending_event_is_not_a_difference() -> None:
    deliver_generated_events(20)
    store_bodies(ensure_source("heffl"), [build_deal_body(1, title="Later")])
    assert run_verify_mirror()[0] == 0


def test_a_pending_event_that_was_applied_before_is_not_a_difference() -> None:
    deliver_generated_events(20)
    Event.objects.update(status=Event.Status.PENDING)
    assert run_verify_mirror()[0] == 0


def test_the_registers_of_a_row_read_back_as_they_were_written() -> None:
    deliver_generated_events(100)
    for model in record_models():
        for row in model._base_manager.all():
            state = load_state(row.registers)
            assert load_state(dump_state(state, plain_columns(model))) == state


def plain_columns(model: type[Record]) -> frozenset[str]:
    return record_table(model).plain


def test_a_wrong_limit_is_one_line() -> None:
    with pytest.raises(CommandError, match="'-1' is not a number above zero"):
        call_command("verify_mirror", "--limit=-1")


def test_an_open_amount_that_was_changed_by_hand_is_shown_and_rebuilt() -> None:
    bodies = [
        build_body("heffl", "invoice.created", {"id": "i", "total": 100}),
        build_body("heffl", "payment.received", {"id": "p", "invoiceId": "i", "amount": 30}),
    ]
    store_bodies(ensure_source("heffl"), bodies)
    drain_backlog()
    Invoice.objects.update(amount_open=None)
    status, printed = run_verify_mirror()
    assert status == 1
    assert "invoice heffl/i: amount_open: live null, rebuilt 70" in printed
    call_command("rebuild_mirror", stdout=StringIO())
    assert Invoice.objects.get().amount_open == 70

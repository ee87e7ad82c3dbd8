"""Each rule of docs/convergence.md about conversations, by the fewest events that show it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.db import transaction

from crmmirror.lib.database.cursors import fetch_value
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support import oracle, table_contents
from tests.support.conversation_oracle import expected_conversations
from tests.support.event_builders import apply_in_every_way, build_event, records_after, time_at
from tests.support.record_writes import Cells
from tests.support.third_vendor import NAME, temporary_vendor

pytestmark = pytest.mark.django_db

MESSAGE = ("message", "sa", "m")
CHAT = """
from entities.signature_language import TOKEN
from entities.vendor_language import Entity, Vendor, event_types, same_names

MESSAGE = Entity(
    "message", id="id", columns=same_names("contact conversation_ref direction occurred_at body")
)
VENDOR = Vendor(
    name="marigold",
    label="Marigold Chat",
    signatures=(TOKEN,),
    events=event_types("message", MESSAGE, "created updated deleted"),
)
"""


def message(verb: str, minute: Any, external_id: str = "m", **payload: Any) -> StoredEvent:
    keys = {"subAccountId": "sa", "messageId": external_id, "conversationId": "k"}
    return build_event("seedly", f"message.{verb}", minute, keys | payload)


def conversations_after(*events: StoredEvent) -> dict[tuple[str, str], Cells]:
    """Return (scope, ref) -> cells; they must be the oracle's, in whatever way the events are applied."""
    found = apply_in_every_way(events, table_contents.read_conversations)
    assert found == expected_conversations(oracle.expected_cells(events))
    return {key[1:]: cells for key, cells in found.items()}


def conversation_after(*events: StoredEvent) -> Cells:
    (cells,) = conversations_after(*events).values()
    return cells


# Who takes part, and how many messages there are.


def test_the_contacts_of_a_conversation_are_those_of_its_inbound_messages() -> None:
    cells = conversation_after(
        message("received", 1, "a", contactId="ann"),
        message("sent", 2, "b", contactId="bob"),
        message("sent", 3, "c"),
        message("received", 4, "d", contactId="ann"),
    )
    assert cells["contact_ids"] == ["ann"]
    assert cells["message_count"] == 4


def test_a_conversation_is_of_one_source_and_one_sub_account() -> None:
    found = conversations_after(
        message("received", 1, "a", contactId="ann"),
        message("received", 2, "b", contactId="bob", subAccountId="sb"),
        message("received", 3, "c", conversationId="other"),
    )
    assert {key: cells["contact_ids"] for key, cells in found.items()} == {
        ("sa", "k"): ["ann"],
        ("sb", "k"): ["bob"],
        ("sa", "other"): [],
    }


def test_a_message_without_a_conversation_is_in_none() -> None:
    events = message("received", 1, conversationId=None), message("received", 2, "b", conversationId="")
    assert conversations_after(*events) == {}


def test_a_message_that_moves_leaves_its_former_conversation() -> None:
    found = conversations_after(
        message("received", 1, contactId="ann"),
        message("delivered", 2, conversationId="other"),
        message("sent", 3, "b"),
    )
    assert {key[1]: (cells["contact_ids"], cells["message_count"]) for key, cells in found.items()} == {
        "k": ([], 1),
        "other": (["ann"], 1),
    }


def test_a_conversation_that_every_message_has_left_has_no_row() -> None:
    events = message("received", 1, contactId="ann"), message("delivered", 2, conversationId="other")
    assert [key[1] for key in conversations_after(*events)] == ["other"]


def chat_event(verb: str, minute: int, external_id: str, **payload: Any) -> StoredEvent:
    said = {"id": external_id, "conversationId": "k", "direction": "inbound"}
    return build_event(NAME, f"message.{verb}", minute, said | payload)


def test_a_deleted_message_of_a_conversation_does_not_count() -> None:
    with TemporaryDirectory() as directory, temporary_vendor(Path(directory), CHAT):
        found = conversations_after(
            chat_event("created", 1, "a", contactId="ann"),
            chat_event("created", 2, "b", contactId="bob"),
            chat_event("deleted", 3, "b"),
            chat_event("deleted", 4, "c", conversationId="gone"),
        )
    assert [(key[1], cells["message_count"], cells["contact_ids"]) for key, cells in found.items()] == [
        ("k", 1, ["ann"])
    ]


# The order of messages.


def test_a_message_is_of_the_time_at_which_it_occurred() -> None:
    cells = conversation_after(
        message("received", 5, "a", occurredAt=time_at(1).isoformat()), message("sent", 3, "b")
    )
    assert (cells["first_message_at"], cells["last_message_at"]) == (time_at(1), time_at(3))
    assert cells["unanswered_since"] is None


def test_without_such_a_time_a_message_is_of_the_time_of_its_first_event() -> None:
    cells = conversation_after(
        message("delivered", 4, direction="inbound"), message("failed", 2), message("sent", 1, "b")
    )
    assert (cells["last_inbound_at"], cells["unanswered_since"]) == (time_at(2), time_at(2))


def test_it_is_unanswered_since_the_first_inbound_message_after_the_last_outbound_one() -> None:
    cells = conversation_after(
        message("received", 1, "a"),
        message("sent", 2, "b"),
        message("received", 3, "c"),
        message("received", 4, "d"),
    )
    assert cells["unanswered_since"] == time_at(3)
    assert (cells["last_inbound_at"], cells["last_outbound_at"]) == (time_at(4), time_at(2))


def test_at_equal_times_the_ids_decide_which_message_is_the_later() -> None:
    answered = conversation_after(message("received", 1, "a"), message("sent", 1, "b"))
    unanswered = conversation_after(message("received", 1, "b"), message("sent", 1, "a"))
    assert (answered["unanswered_since"], unanswered["unanswered_since"]) == (None, time_at(1))


# What a receipt says of a message's direction.


def test_a_delivery_receipt_does_not_make_a_received_message_outbound() -> None:
    records = records_after(message("received", 1), message("delivered", 2), message("failed", 3))
    assert records[MESSAGE]["direction"] == "inbound"


def test_a_direction_that_a_receipt_states_counts_as_any_other_value() -> None:
    records = records_after(message("received", 1), message("delivered", 2, direction="outbound"))
    assert records[MESSAGE]["direction"] == "outbound"


def test_a_message_of_which_only_a_receipt_is_known_has_no_direction() -> None:
    assert records_after(message("failed", 1))[MESSAGE]["direction"] is None
    assert conversation_after(message("failed", 1))["last_outbound_at"] is None


def test_events_that_change_nothing_in_a_conversation_leave_its_row_alone() -> None:
    versions = []
    with transaction.atomic():
        for event in (message("sent", 1), message("delivered", 2), message("sent", 1)):
            process_batch([event])
            versions.append(fetch_value("SELECT ctid::text FROM entities_conversation"))
        transaction.set_rollback(True)
    assert len(set(versions)) == 1

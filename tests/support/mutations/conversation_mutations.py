"""The mutations of the rules of conversations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entities.reading.plans.event_plans import EventPlan
from entities.writing import conversations
from tests.convergence import (
    test_conversation_rules,
)
from tests.support.mutations.mutation import Mutation
from tests.support.mutations.vendor_mutations import change_event_plans


def _derive_with(old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that derives conversations by another statement."""
    make = conversations._conversation_statements

    def changed(model: Any) -> Any:
        statements = make(model)
        if statements is None:
            return None
        assert old in statements.derive
        return replace(statements, derive=statements.derive.replace(old, new))

    return lambda patch: patch.setattr(conversations, "_conversation_statements", changed)


def _forget_former_conversations(patch: pytest.MonkeyPatch) -> None:
    affected = conversations._affected_keys
    patch.setattr(
        conversations, "_affected_keys", lambda changes: affected((None, after) for _, after in changes)
    )


def _make_receipt_outbound(event_type: str, plan: EventPlan) -> EventPlan:
    if event_type not in ("message.delivered", "message.failed"):
        return plan
    implied = {**plan.event_type.implied, "direction": "outbound"}
    return replace(plan, event_type=replace(plan.event_type, implied=implied))


CONVERSATIONS = [
    Mutation(
        "the contacts of outbound messages take part in a conversation",
        _derive_with("(WHERE is_inbound AND party_id", "(WHERE party_id"),
        test_conversation_rules.test_the_contacts_of_a_conversation_are_those_of_its_inbound_messages,
    ),
    Mutation(
        "sub-accounts share their conversations",
        _derive_with("AND record.scope = key.scope", ""),
        test_conversation_rules.test_a_conversation_is_of_one_source_and_one_sub_account,
    ),
    Mutation(
        "a message that moves still counts where it was",
        _forget_former_conversations,
        test_conversation_rules.test_a_message_that_moves_leaves_its_former_conversation,
    ),
    Mutation(
        "a conversation without messages has a row",
        lambda patch: patch.setattr(conversations, "DELETE_EMPTY_CONVERSATIONS", "SELECT %s"),
        test_conversation_rules.test_a_conversation_that_every_message_has_left_has_no_row,
    ),
    Mutation(
        "a deleted message counts",
        _derive_with("AND NOT is_deleted", ""),
        test_conversation_rules.test_a_deleted_message_of_a_conversation_does_not_count,
    ),
    Mutation(
        "a message is of the time of its first event",
        _derive_with("coalesce(occurred_at, first_event_at)", "first_event_at"),
        test_conversation_rules.test_a_message_is_of_the_time_at_which_it_occurred,
    ),
    Mutation(
        "a message without a time of its own has none",
        _derive_with("coalesce(occurred_at, first_event_at)", "occurred_at"),
        test_conversation_rules.test_without_such_a_time_a_message_is_of_the_time_of_its_first_event,
    ),
    Mutation(
        "messages of one time are in the order of arrival",
        _derive_with('external_id COLLATE "C" DESC', "id DESC"),
        test_conversation_rules.test_at_equal_times_the_ids_decide_which_message_is_the_later,
    ),
    Mutation(
        "a conversation is unanswered since its first message",
        _derive_with("is_inbound AND answers = 0", "is_inbound"),
        test_conversation_rules.test_it_is_unanswered_since_the_first_inbound_message_after_the_last_outbound_one,
    ),
    Mutation(
        "a delivery receipt says that its message went out",
        change_event_plans(_make_receipt_outbound),
        test_conversation_rules.test_a_delivery_receipt_does_not_make_a_received_message_outbound,
    ),
]

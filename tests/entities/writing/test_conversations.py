"""Two workers write messages of one conversation at the same time."""

from typing import Any

import pytest

from entities.models import Conversation
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from events.rebuild.verification import compare_with_log
from tests.support.concurrent_batches import apply_at_the_same_time
from tests.support.event_builders import build_event

pytestmark = pytest.mark.django_db(transaction=True)


def message(external_id: str, verb: str = "received", minute: int = 1, **payload: Any) -> StoredEvent:
    keys = {"subAccountId": "sa", "messageId": external_id, "conversationId": "k"}
    return build_event("seedly", f"message.{verb}", minute, keys | payload)


def test_two_workers_that_write_messages_of_one_conversation_both_count() -> None:
    # The sub-account and the contacts exist, so that there is nothing else to wait for.
    for name in ("ann", "bob"):
        process_batch([message(f"former-{name}", conversationId="former", contactId=name)])
    apply_at_the_same_time([message("a", contactId="ann")], [message("b", contactId="bob")])
    conversation = Conversation.objects.get(ref="k")
    assert (conversation.message_count, len(conversation.contact_ids)) == (2, 2)
    assert compare_with_log(lambda count: None, limit=5).rows == 0


def test_a_message_that_comes_while_another_worker_empties_its_conversation_counts() -> None:
    process_batch([message("a")])
    emptying = message("a", "delivered", 2, conversationId="other")
    apply_at_the_same_time([emptying], [message("b")])
    assert {row.ref: row.message_count for row in Conversation.objects.all()} == {"k": 1, "other": 1}

"""Two workers write messages of one conversation at the same time."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from crmmirror.lib.database.cursors import fetch_value
from entities.models import Conversation
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from events.rebuild.verification import compare_with_log
from tests.support.event_builders import build_event

pytestmark = pytest.mark.django_db(transaction=True)

COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO "entities_conversation"%'
"""


def message(external_id: str, verb: str = "received", minute: int = 1, **payload: Any) -> StoredEvent:
    keys = {"subAccountId": "sa", "messageId": external_id, "conversationId": "k"}
    return build_event("seedly", f"message.{verb}", minute, keys | payload)


def apply_in_thread(event: StoredEvent, applied: Event, may_commit: Event) -> None:
    try:
        with transaction.atomic():
            process_batch([event])
            applied.set()
            assert may_commit.wait(30)
    finally:
        connection.close()


@contextmanager
def applied_by_another(pool: ThreadPoolExecutor, event: StoredEvent) -> Iterator[None]:
    """Apply an event in a transaction that ends with the context."""
    applied, may_commit = Event(), Event()
    future = pool.submit(apply_in_thread, event, applied, may_commit)
    assert applied.wait(30)
    yield
    may_commit.set()
    future.result(30)


def start_waiting(pool: ThreadPoolExecutor, event: StoredEvent) -> "Future[None]":
    """Apply an event in another thread; return as soon as it waits for the lock on a conversation."""
    free = Event()
    free.set()
    future = pool.submit(apply_in_thread, event, Event(), free)
    deadline = time.monotonic() + 30
    while fetch_value(COUNT_WAITING) == 0:
        assert not future.done(), "it did not wait"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return future


def test_two_workers_that_write_messages_of_one_conversation_both_count() -> None:
    # The sub-account and the contacts exist, so that there is nothing else to wait for.
    for name in ("ann", "bob"):
        process_batch([message(f"former-{name}", conversationId="former", contactId=name)])
    one, other = message("a", contactId="ann"), message("b", contactId="bob")
    with ThreadPoolExecutor(2) as pool:
        with applied_by_another(pool, one):
            waiting = start_waiting(pool, other)
        waiting.result(30)
    conversation = Conversation.objects.get(ref="k")
    assert (conversation.message_count, len(conversation.contact_ids)) == (2, 2)
    assert compare_with_log(lambda count: None, limit=5).rows == 0


def test_a_message_that_comes_while_another_worker_empties_its_conversation_counts() -> None:
    process_batch([message("a")])
    emptying = message("a", "delivered", 2, conversationId="other")
    with ThreadPoolExecutor(2) as pool:
        with applied_by_another(pool, emptying):
            waiting = start_waiting(pool, message("b"))
        waiting.result(30)
    assert {row.ref: row.message_count for row in Conversation.objects.all()} == {"k": 1, "other": 1}

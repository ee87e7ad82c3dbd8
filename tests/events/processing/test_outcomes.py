"""An event that the database refused is attempted again automatically, and its page says when."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from entities.models import Deal
from events.models import Event
from events.processing.drain import drain_backlog
from events.processing.outcomes import MAX_ATTEMPTS, requeue_due_events
from tests.support.failing_events import DEAL, LONG_AGO, apply_again_url, store_event_without_id
from tests.support.rebuild_helpers import run_rebuild_mirror
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply, store_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def attempt_again() -> Event:
    """Make the attempt that the only event waits for; return the event."""
    Event.objects.update(next_attempt_at=LONG_AGO)
    assert requeue_due_events() == 1
    assert drain_backlog() == 1
    return Event.objects.get()


def test_the_pauses_between_attempts_grow_and_come_to_an_end(refuse_events: Callable[[bool], None]) -> None:
    event = store_and_apply("deal.created", DEAL)
    pauses = []
    while event.next_attempt_at and event.settled_at:
        pauses.append(round((event.next_attempt_at - event.settled_at).total_seconds()))
        event = attempt_again()
    assert pauses == [10, 40, 160, 640, 2560, 10240, 40960]
    assert (event.status, event.attempts) == ("failed", MAX_ATTEMPTS)
    assert requeue_due_events() == 0


@pytest.mark.parametrize(
    ("vendor", "event_type", "payload", "status", "scope"),
    [
        ("seedly", "contact.updated", {"contactId": "c", "subAccountId": "sa"}, "applied", "sa"),
        ("seedly", "contact.updated", {"contactId": "c", "subAccountId": 7}, "applied", "7"),
        ("seedly", "contact.updated", {"contactId": "c"}, "applied", None),
        ("seedly", "contact.exploded", {"subAccountId": "sa"}, "ignored", "sa"),
        ("seedly", "contact.exploded", {"subAccountId": {}}, "ignored", None),
        ("seedly", "contact.updated", {"subAccountId": "sa"}, "failed", "sa"),
        ("seedly", "contact.updated", {"contactId": "c", "subAccountId": {}}, "failed", None),
        ("heffl", "deal.updated", {"id": "d", "subAccountId": "sa"}, "applied", None),
    ],
)
def test_an_event_is_of_the_sub_account_that_it_names(
    vendor: str, event_type: str, payload: dict[str, Any], status: str, scope: str | None
) -> None:
    event = store_and_apply(event_type, payload, vendor=vendor)
    assert (event.status, event.scope) == (status, scope)
    Event.objects.update(scope="wrong")
    assert run_rebuild_mirror() == "rebuilt from 1 events: 0 rows and 1 events changed\n"
    event.refresh_from_db()
    assert event.scope == scope


def test_an_event_that_was_not_processed_is_of_no_sub_account_yet() -> None:
    body = {"event": "contact.updated", "timestamp": None, "data": {"contactId": "c", "subAccountId": "sa"}}
    assert store_delivery(body, "seedly").scope is None


def test_an_attempt_that_is_not_due_waits(refuse_events: Callable[[bool], None]) -> None:
    store_and_apply("deal.created", DEAL)
    assert requeue_due_events() == 0
    assert drain_backlog() == 0
    assert Event.objects.get().attempts == 1


def test_an_attempt_that_succeeds_leaves_no_reason_behind(refuse_events: Callable[[bool], None]) -> None:
    assert store_and_apply("deal.created", DEAL).error == "DataError: division by zero"
    refuse_events(False)
    event = attempt_again()
    assert (event.status, event.error, event.next_attempt_at, event.attempts) == ("applied", "", None, 2)
    assert Deal.objects.get().title == "Licence"


def test_what_no_attempt_would_change_is_not_attempted_again() -> None:
    assert store_event_without_id("x").next_attempt_at is None
    assert store_delivery(b"{").next_attempt_at is None
    Event.objects.update(next_attempt_at=None)
    assert requeue_due_events() == 0


def test_applying_again_gives_the_event_new_attempts(
    client: Client, refuse_events: Callable[[bool], None]
) -> None:
    event = store_and_apply("deal.created", DEAL)
    while event.next_attempt_at:
        event = attempt_again()
    client.post(apply_again_url(status="failed"))
    assert drain_backlog() == 1
    event.refresh_from_db()
    assert event.status == "failed"
    assert event.next_attempt_at


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attempts": 2, "minutes": 3}, "Next attempt in 2 min 59 s; 5 more can follow."),
        ({"attempts": MAX_ATTEMPTS - 1, "minutes": 3}, "Next attempt in 2 min 59 s; it is the last."),
        ({"attempts": 2, "minutes": -3}, "Next attempt due now; 5 more can follow."),
        ({"attempts": MAX_ATTEMPTS}, "no further attempt after 8. Remove the cause, then apply it again."),
        (
            {"attempts": 1},
            "not attempted again automatically, because the result would be the same. Remove the cause,",
        ),
        ({"status": "malformed"}, "The mirror can read it by now: apply it again."),
        (
            {"status": "malformed", "body": b"{"},
            "Its exact bytes are kept: apply it again once the mirror can read them.",
        ),
        ({"status": "ignored"}, "The mapping knows this event type by now: apply the event again."),
        ({"status": "ignored", "event_type": "deal.sneezed"}, "does not know this event type."),
        ({"status": "pending"}, "It waits for a worker."),
    ],
)
def test_an_event_says_in_words_what_becomes_of_it(
    client: Client, changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = store_event_without_id("x")
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=1))
    minutes = changes.pop("minutes", None)
    due = None if minutes is None else now + timedelta(minutes=minutes)
    Event.objects.update(next_attempt_at=due, **changes)
    assert words in get_page(client, page_url(event))


def test_an_applied_event_says_nothing_of_further_attempts(client: Client) -> None:
    page = get_page(client, page_url(store_and_apply("deal.created", DEAL)))
    assert not re.search(r"\btry\b|\btried\b", page)
    assert "attempt " not in page
    assert not re.search('class="banner (warning|error)', page)

"""Failed and malformed events: tried again by themselves, shown by reason, and applied again together."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from entities import settle
from entities.mapping import Mapped
from entities.models import Deal
from events import reasons
from events.claim import MAX_ATTEMPTS, requeue
from events.drain import drain
from events.models import Event
from tests.staff import list_url, page_url, say, staff, store, text

pytestmark = pytest.mark.django_db

NO_ID = "the payload carries no id (looked for id, dealId)"
DEAL = {"id": "dl_1", "title": "Licence"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def client() -> Client:
    return staff()


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes the database refuse every event, or none."""
    apply = settle.apply

    def refuse(mapped: Sequence[Mapped]) -> None:
        apply(mapped)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def switch(on: bool) -> None:
        monkeypatch.setattr(settle, "apply", refuse if on else apply)

    switch(True)
    return switch


def failed_url() -> str:
    return reverse("admin:events_event_failed")


def again_url(**filters: Any) -> str:
    return f"{reverse('admin:events_event_apply_all_again')}?{urlencode(filters)}"


def unnamed(title: str) -> Event:
    """An event that fails: it names no record."""
    return say("deal.created", {"title": title})


def queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        text(client, url)
    return [one["sql"] for one in captured]


def try_again() -> Event:
    """The one event, after the try that it waits for."""
    Event.objects.update(next_attempt_at=LONG_AGO)
    assert requeue() == 1
    assert drain() == 1
    return Event.objects.get()


# Tries of their own.


def test_the_pauses_between_tries_grow_and_come_to_an_end(refusing: Callable[[bool], None]) -> None:
    event = say("deal.created", DEAL)
    pauses = []
    while event.next_attempt_at and event.settled_at:
        pauses.append(round((event.next_attempt_at - event.settled_at).total_seconds()))
        event = try_again()
    assert pauses == [10, 40, 160, 640, 2560, 10240, 40960]
    assert (event.status, event.attempts) == ("failed", MAX_ATTEMPTS)
    assert requeue() == 0


def test_a_try_that_is_not_due_waits(refusing: Callable[[bool], None]) -> None:
    say("deal.created", DEAL)
    assert requeue() == 0
    assert drain() == 0
    assert Event.objects.get().attempts == 1


def test_a_try_that_succeeds_leaves_no_reason_behind(refusing: Callable[[bool], None]) -> None:
    assert say("deal.created", DEAL).error == "DataError: division by zero"
    refusing(False)
    event = try_again()
    assert (event.status, event.error, event.next_attempt_at, event.attempts) == ("applied", "", None, 2)
    assert Deal.objects.get().title == "Licence"


def test_what_no_try_would_change_is_not_tried_again() -> None:
    assert unnamed("x").next_attempt_at is None
    assert store(b"{").next_attempt_at is None
    Event.objects.update(next_attempt_at=None)
    assert requeue() == 0


def test_applying_again_gives_the_event_new_tries(client: Client, refusing: Callable[[bool], None]) -> None:
    event = say("deal.created", DEAL)
    while event.next_attempt_at:
        event = try_again()
    client.post(again_url(status="failed"))
    assert drain() == 1
    event.refresh_from_db()
    assert event.status == "failed"
    assert event.next_attempt_at


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attempts": 2, "minutes": 3}, "Next try in 2 min 59 s; 5 more."),
        ({"attempts": MAX_ATTEMPTS - 1, "minutes": 3}, "Next try in 2 min 59 s; it is the last."),
        ({"attempts": 2, "minutes": -3}, "Next try due now; 5 more."),
        ({"attempts": MAX_ATTEMPTS}, "no further try after 8. Apply it again after mending the cause."),
        ({"attempts": 1}, "not tried again by itself, since nothing would be different. Apply it again"),
        (
            {"status": "malformed"},
            "Its bytes are kept: apply it again if the mirror has learnt to read them.",
        ),
        ({"status": "ignored"}, "The mapping knows this type by now: apply it again."),
        ({"status": "ignored", "event_type": "deal.sneezed"}, "does not know this type of event."),
        ({"status": "pending"}, "It waits for a worker."),
    ],
)
def test_an_event_says_in_words_what_becomes_of_it(
    client: Client, changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = unnamed("x")
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=1))
    minutes = changes.pop("minutes", None)
    due = None if minutes is None else now + timedelta(minutes=minutes)
    Event.objects.update(next_attempt_at=due, **changes)
    assert words in text(client, page_url(event))


def test_an_applied_event_says_nothing_of_tries(client: Client) -> None:
    page = text(client, page_url(say("deal.created", DEAL)))
    assert "try" not in page
    assert 'class="banner' not in page


# By reason.


def lines(page: str) -> list[tuple[str, str, int]]:
    """Reason, source and number of events, from the top."""
    found = re.findall(
        r'<th scope="row" dir="auto"><a href="[^"]*">(.*?)</a></th>\s*<td>(.*?)</td>\s*'
        r'<td class="number">([\d,]+)',
        page,
    )
    return [(reason, source, int(count.replace(",", ""))) for reason, source, count in found]


def test_events_are_grouped_by_source_and_reason_without_the_values(client: Client) -> None:
    for body in (b"{", b" {", b"  {", b"[1]", b'{"event": "deal.created"}'):
        store(body)
    store(b"{", vendor="seedly")
    for title in "xyz":
        unnamed(title)
    say("deal.created", DEAL)
    for number in (1, 22):
        say("deal.created", {"id": "x" * (300 + number)})
    assert lines(text(client, failed_url())) == [
        (NO_ID, "acme-heffl", 3),
        ("id or dealId: an id has … to … characters, not …", "acme-heffl", 2),
        ("not JSON: Expecting property name enclosed in double quotes", "acme-heffl", 3),
        ("not an envelope: no object under … or …", "acme-heffl", 1),
        ("not an envelope: the body is an array, an object is expected", "acme-heffl", 1),
        ("not JSON: Expecting property name enclosed in double quotes", "acme-seedly", 1),
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("unknown vendor 'x'; known: a, b", "unknown vendor …"),
        ('DataError: invalid input for type numeric: "1e9"', "DataError: invalid input for type numeric: …"),
        ("KeyError: 'Jane; Doe'", "KeyError: …"),
        ("not JSON: 'utf-8' codec can't decode byte 0xff in position 1,024: invalid start byte",
         "not JSON: … codec can't decode byte … in position …: invalid start byte"),
        ("Failed. It had 3 parts.", "Failed"),
        ("", ""),
        ("x" * 500, "x" * 300),
    ],
)  # fmt: skip
def test_a_reason_is_the_errors_first_sentence_without_values(error: str, words: str) -> None:
    event = unnamed("x")
    Event.objects.update(error=error)
    (found,) = reasons.reasons("failed").found
    assert found.words == words
    assert list(reasons.of(Event.objects.all(), words)) == [event]


def test_a_reason_says_since_when_how_often_and_leads_to_its_events(client: Client) -> None:
    older, newer, other = unnamed("x"), unnamed("y"), store(b"{")
    Event.objects.filter(pk=older.pk).update(received_at=LONG_AGO)
    page = text(client, failed_url())
    assert "2020-01-01 00:00" in page
    assert f'<a href="{page_url(newer)}">{newer.pk}</a>' in page
    (link,) = re.findall(rf'<a href="([^"]*)">{re.escape(NO_ID)}', page)
    listed = text(client, link.replace("&amp;", "&"))
    for event, is_listed in ((older, True), (newer, True), (other, False)):
        assert (f'href="{page_url(event)}' in listed) is is_listed


def test_a_reason_says_how_many_of_its_events_are_tried_again_by_themselves(
    client: Client, refusing: Callable[[bool], None]
) -> None:
    say("deal.created", DEAL)
    assert "1 to be retried" in text(client, failed_url())
    Event.objects.update(next_attempt_at=None)
    assert "to be retried" not in text(client, failed_url())


def test_what_is_read_and_shown_is_bounded_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in (b"{", b"[]", b"1", b'"x"'):
        store(body)
    monkeypatch.setattr(reasons, "MAX_EVENTS", 3)
    monkeypatch.setattr(reasons, "MAX_REASONS", 2)
    page = text(client, failed_url())
    assert len(lines(page)) == 2
    assert "There are more: the newest 3 are counted here." in page
    assert "The 2 most frequent reasons are shown." in page
    assert 'Malformed <span class="quiet">3+</span>' in page


def test_the_queue_takes_as_many_queries_for_many_events_as_for_one_and_reads_no_body(
    client: Client,
) -> None:
    unnamed("x")
    store(b"{")
    for_one = queries(client, failed_url())
    for number in range(20):
        store(b"[" * number + b'"' * 1000)
        unnamed(str(number))
    for_many = queries(client, failed_url())
    assert len(for_many) == len(for_one) <= 6
    assert not [sql for sql in for_many if '"body"' in sql]


def test_a_reason_that_quotes_a_vendor_is_escaped(client: Client) -> None:
    unnamed("x")
    Event.objects.update(error="<script>alert(1)</script>\u202e")
    page = text(client, failed_url())
    assert "<script>alert" not in page
    assert "[U+202E]" in page


# All of a kind again.


def test_applying_all_again_asks_first_and_says_how_many(client: Client) -> None:
    for number in range(3):
        unnamed(str(number))
    store(b"{")
    page = text(client, again_url(status="failed", source="acme-heffl", reason=NO_ID))
    assert "This will apply 3 events again." in page
    assert NO_ID in page
    assert not Event.objects.filter(status="pending").exists()


@pytest.mark.django_db(transaction=True)
def test_all_that_match_are_applied_again_in_one_statement(client: Client, wakes: list[bool]) -> None:
    for number in range(3):
        unnamed(str(number))
    malformed, elsewhere = store(b"{"), store(b"{", vendor="seedly")
    wakes.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(again_url(status="failed", source="acme-heffl", reason=NO_ID))
    about_events = [one["sql"] for one in captured if 'UPDATE "events_event"' in one["sql"]]
    assert len(about_events) == 1
    assert not [one["sql"] for one in captured if '"body"' in one["sql"]]
    assert "3 events are pending again." in text(client, answer["Location"])
    assert wakes == [True]
    assert Event.objects.filter(status="pending").count() == 3
    assert drain() == 3
    for event in (malformed, elsewhere):
        event.refresh_from_db()
        assert event.status == "malformed"


def test_what_the_list_is_narrowed_to_is_what_is_applied_again(client: Client) -> None:
    chosen, other = say("deal.created", DEAL), unnamed("x")
    listed = text(client, list_url(Event) + "?status=applied")
    (link,) = re.findall(r'<a href="([^"]*)">Apply these again', listed)
    assert "This will apply 1 event again." in text(client, link)
    assert "1 event is pending again." in client.post(link, follow=True).content.decode()
    assert (Event.objects.get(pk=chosen.pk).status, Event.objects.get(pk=other.pk).status) == (
        "pending",
        "failed",
    )


def test_ignored_events_are_applied_again_once_their_type_is_known(client: Client) -> None:
    event = say("deal.created", DEAL)
    Event.objects.update(status="ignored")
    Deal.objects.all().delete()
    client.post(again_url(status="ignored", event_type="deal.created"))
    assert drain() == 1
    event.refresh_from_db()
    assert event.status == "applied"
    assert Deal.objects.get().title == "Licence"


def test_what_is_pending_already_is_left_alone(client: Client) -> None:
    store({"event": "deal.created", "payload": DEAL})
    assert "there is nothing to apply again" in text(client, again_url(status="pending"))
    answer = client.post(again_url(status="pending"), follow=True)
    assert "0 events are pending again." in answer.content.decode()


def test_applying_all_again_needs_the_permission_to_change_events() -> None:
    unnamed("x")
    viewer = staff("view_event")
    assert viewer.get(again_url(status="failed")).status_code == 403
    assert viewer.post(again_url(status="failed")).status_code == 403
    assert "pply" not in re.sub(r"Applying an event twice", "", text(viewer, failed_url()))
    assert "Apply these again" not in text(viewer, list_url(Event) + "?status=failed")
    assert staff("change_deal", "view_deal").get(failed_url()).status_code == 403
    assert Client().get(failed_url()).status_code == 302
    assert Event.objects.get().status == "failed"
    assert staff("view_event", "change_event").post(again_url(status="failed")).status_code == 302
    assert Event.objects.get().status == "pending"


@pytest.mark.parametrize("filters", [{"colour": "red"}, {"status": "fialed"}, {"received_at": "ever"}])
def test_a_filter_that_the_list_has_not_applies_nothing_again(
    client: Client, filters: dict[str, str]
) -> None:
    unnamed("x")
    for ask in (client.get, client.post):
        assert ask(again_url(**filters)).status_code == 404
    assert Event.objects.get().status == "failed"

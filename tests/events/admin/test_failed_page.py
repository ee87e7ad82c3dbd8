"""The page of failed and malformed events, by source and reason."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event
from events.reports import failure_reasons
from events.reports.failure_reasons import filter_by_reason, find_failure_reasons
from tests.support.failing_events import DEAL, LONG_AGO, NO_ID_ERROR, failed_page_url, store_event_without_id
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply, store_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def captured_statements(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        get_page(client, url)
    return [one["sql"] for one in captured]


def reason_rows(page: str) -> list[tuple[str, str, int]]:
    """Return reason, source and number of events of each row of the page."""
    found = re.findall(
        r'<th scope="row" dir="auto"><a href="[^"]*">(.*?)</a></th>\s*<td>(.*?)</td>\s*'
        r'<td class="number">([\d,]+)',
        page,
    )
    return [(reason, source, int(count.replace(",", ""))) for reason, source, count in found]


def test_events_are_grouped_by_source_and_reason_without_the_values(client: Client) -> None:
    for body in (b"{", b" {", b"  {", b"[1]", b'{"event": "deal.created"}'):
        store_delivery(body)
    store_delivery(b"{", vendor="seedly")
    for title in "xyz":
        store_event_without_id(title)
    store_and_apply("deal.created", DEAL)
    for number in (1, 22):
        store_and_apply("deal.created", {"id": "x" * (300 + number)})
    assert reason_rows(get_page(client, failed_page_url())) == [
        (NO_ID_ERROR, "acme-heffl", 3),
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
    event = store_event_without_id("x")
    Event.objects.update(error=error)
    (reason,) = find_failure_reasons("failed").reasons
    assert reason.text == words
    assert list(filter_by_reason(Event.objects.all(), words)) == [event]


def test_a_reason_shows_since_when_and_how_often_and_links_to_its_events(client: Client) -> None:
    older, newer, other = store_event_without_id("x"), store_event_without_id("y"), store_delivery(b"{")
    Event.objects.filter(pk=older.pk).update(received_at=LONG_AGO)
    page = get_page(client, failed_page_url())
    assert "2020-01-01 00:00" in page
    assert f'<a href="{page_url(newer)}">{newer.pk}</a>' in page
    (link,) = re.findall(rf'<a href="([^"]*)">{re.escape(NO_ID_ERROR)}', page)
    listed = get_page(client, link.replace("&amp;", "&"))
    for event, is_listed in ((older, True), (newer, True), (other, False)):
        assert (f'href="{page_url(event)}' in listed) is is_listed


def test_a_reason_says_how_many_of_its_events_are_attempted_again_automatically(
    client: Client, refuse_events: Callable[[bool], None]
) -> None:
    store_and_apply("deal.created", DEAL)
    assert "1 will be attempted again" in get_page(client, failed_page_url())
    Event.objects.update(next_attempt_at=None)
    assert "will be attempted again" not in get_page(client, failed_page_url())


def test_what_is_read_and_shown_is_bounded_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in (b"{", b"[]", b"1", b'"x"'):
        store_delivery(body)
    monkeypatch.setattr(failure_reasons, "MAX_EVENTS", 3)
    monkeypatch.setattr(failure_reasons, "MAX_REASONS", 2)
    page = get_page(client, failed_page_url())
    assert len(reason_rows(page)) == 2
    assert "There are more: only the newest 3 are counted here." in page
    assert "Only the 2 most frequent reasons are shown." in page
    assert 'Malformed <span class="quiet">3+</span>' in page


def test_the_queue_takes_as_many_queries_for_many_events_as_for_one_and_reads_no_body(
    client: Client,
) -> None:
    store_event_without_id("x")
    store_delivery(b"{")
    for_one = captured_statements(client, failed_page_url())
    for number in range(20):
        store_delivery(b"[" * number + b'"' * 1000)
        store_event_without_id(str(number))
    for_many = captured_statements(client, failed_page_url())
    assert len(for_many) == len(for_one) <= 9
    assert not [sql for sql in for_many if '"body"' in sql]


def test_a_reason_that_quotes_a_vendor_is_escaped(client: Client) -> None:
    store_event_without_id("x")
    Event.objects.update(error="<script>alert(1)</script>\u202e")
    page = get_page(client, failed_page_url())
    assert "<script>alert" not in page
    assert "[U+202E]" in page

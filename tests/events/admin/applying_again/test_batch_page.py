"""The page about a batch of events that were applied again: what they are now, and for how long it looks."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.admin.applying_again import batch_page
from events.models import Event
from events.processing.drain import drain_backlog
from events.processing.reapply import reapply
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_event
from tests.support.failing_events import DEAL, apply_again_url, store_event_without_id
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db

PAGE = "/admin/events/event/applied-again/"
REFRESH = re.compile(r'<noscript><meta http-equiv="refresh" content="2; url=([^"]*)"></noscript>')


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def read_statuses(page: str) -> dict[str, int]:
    rows = re.findall(r'data-word="(\w+)".*?</a></td><td class="number">([\d,]+)', page)
    return {status: int(count) for status, count in rows}


def apply_failed_again(client: Client) -> str:
    """Apply all failed events again, and return the address that this leads to."""
    return client.post(apply_again_url(status="failed"))["Location"]


def test_what_was_applied_again_shows_its_statuses_and_looks_again_until_none_is_pending(
    client: Client,
) -> None:
    for number in range(3):
        store_event_without_id(str(number))
    untouched = store_and_apply("deal.created", DEAL)
    address = apply_failed_again(client)
    page = get_page(client, address)
    assert read_statuses(page) == {"pending": 3}
    assert "This page looks again every 2 s, for 60 s at most." in page
    drain_backlog()
    page = get_page(client, address)
    assert read_statuses(page) == {"failed": 3}
    assert "looks again" not in page
    assert not REFRESH.search(page)
    assert Event.objects.get(pk=untouched.pk).reapplied_at is None


def test_each_status_leads_to_the_list_of_just_its_events(client: Client) -> None:
    failed, other = store_event_without_id("x"), store_and_apply("deal.created", DEAL)
    page = get_page(client, apply_failed_again(client))
    (link,) = re.findall(r'<a href="([^"]*status=pending[^"]*)"', page)
    listed = get_page(client, link.replace("&amp;", "&"))
    assert f'href="{page_url(failed)}' in listed
    assert f'href="{page_url(other)}' not in listed


def test_without_javascript_the_page_loads_itself_for_a_minute_and_then_says_that_it_has_stopped(
    client: Client,
) -> None:
    store_event_without_id("x")
    address, visits = apply_failed_again(client), 0
    while found := REFRESH.search(page := get_page(client, address)):
        address = PAGE + found[1].replace("&amp;", "&")
        visits += 1
        assert visits < 100
    assert visits == 30
    assert "This page has stopped looking after 60 s." in page
    assert "look=1" in page


def test_without_a_time_the_page_is_about_the_newest_batch(client: Client) -> None:
    assert "No event has been applied again yet." in get_page(client, PAGE)
    event = store_event_without_id("x")
    apply_failed_again(client)
    drain_backlog()
    other = store_and_apply("deal.created", DEAL)
    reapply(Event.objects.filter(pk=other.pk))
    assert read_statuses(get_page(client, PAGE)) == {"pending": 1}
    assert Event.objects.get(pk=event.pk).status == "failed"


@pytest.mark.parametrize("query", ["at=x", "at=2025-99-99", "look=x", "look=0", "look=9999", "page=1"])
def test_what_the_page_cannot_use_is_said(client: Client, query: str) -> None:
    create_event(reapplied_at=timezone.now())
    assert client.get(f"{PAGE}?{query}").status_code == 400


def test_the_count_stops_at_a_cap_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_page, "MAX_COUNTED", 2)
    for number in range(4):
        store_event_without_id(str(number))
    page = get_page(client, apply_failed_again(client))
    assert "There are more: only 2+ are counted here." in page


def test_the_page_is_about_the_events_that_the_user_sees() -> None:
    east, west = ensure_source("east"), ensure_source("west")
    at = datetime(2025, 1, 15, tzinfo=UTC)
    for source in (east, west, west):
        create_event(source=source, status=Event.Status.APPLIED, reapplied_at=at)
    viewer = log_in(limit(create_member("Operator"), east))
    assert read_statuses(get_page(viewer, PAGE)) == {"applied": 1}
    assert log_in_staff("view_deal").get(PAGE).status_code == 403


def test_the_page_takes_as_many_queries_for_many_events_as_for_one(client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, PAGE)
        return len(captured)

    at = timezone.now()
    create_event(reapplied_at=at)
    for_one = count_queries()
    for _ in range(20):
        create_event(reapplied_at=at)
    assert count_queries() == for_one <= 7

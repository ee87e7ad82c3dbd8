"""Staff with the permission apply all events again that a filter matches."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Deal
from events.models import Event
from events.processing.drain import drain_backlog
from tests.support.failing_events import (
    DEAL,
    NO_ID_ERROR,
    apply_again_url,
    failed_page_url,
    store_event_without_id,
)
from tests.support.staff_client import get_page, list_url, log_in_staff, store_and_apply, store_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def test_applying_all_again_asks_first_and_says_how_many(client: Client) -> None:
    for number in range(3):
        store_event_without_id(str(number))
    store_delivery(b"{")
    page = get_page(client, apply_again_url(status="failed", source="acme-heffl", reason=NO_ID_ERROR))
    assert "This will apply 3 events again." in page
    assert NO_ID_ERROR in page
    assert not Event.objects.filter(status="pending").exists()


@pytest.mark.django_db(transaction=True)
def test_all_that_match_are_applied_again_in_one_statement(client: Client, wakeup_calls: list[bool]) -> None:
    for number in range(3):
        store_event_without_id(str(number))
    malformed, elsewhere = store_delivery(b"{"), store_delivery(b"{", vendor="seedly")
    wakeup_calls.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(apply_again_url(status="failed", source="acme-heffl", reason=NO_ID_ERROR))
    about_events = [one["sql"] for one in captured if 'UPDATE "events_event"' in one["sql"]]
    assert len(about_events) == 1
    assert not [one["sql"] for one in captured if '"body"' in one["sql"]]
    assert "3 events are pending again." in get_page(client, answer["Location"])
    assert wakeup_calls == [True]
    assert Event.objects.filter(status="pending").count() == 3
    assert drain_backlog() == 3
    for event in (malformed, elsewhere):
        event.refresh_from_db()
        assert event.status == "malformed"


def test_the_filters_of_the_list_select_what_is_applied_again(client: Client) -> None:
    chosen, other = store_and_apply("deal.created", DEAL), store_event_without_id("x")
    listed = get_page(client, list_url(Event) + "?status=applied")
    (link,) = re.findall(r'<a href="([^"]*)">Apply these again', listed)
    assert "This will apply 1 event again." in get_page(client, link)
    assert "1 event is pending again." in client.post(link, follow=True).content.decode()
    assert (Event.objects.get(pk=chosen.pk).status, Event.objects.get(pk=other.pk).status) == (
        "pending",
        "failed",
    )


def test_ignored_events_are_applied_again_once_their_type_is_known(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    Event.objects.update(status="ignored")
    Deal.objects.all().delete()
    client.post(apply_again_url(status="ignored", event_type="deal.created"))
    assert drain_backlog() == 1
    event.refresh_from_db()
    assert event.status == "applied"
    assert Deal.objects.get().title == "Licence"


def test_pending_events_are_left_alone(client: Client) -> None:
    store_delivery({"event": "deal.created", "payload": DEAL})
    assert "There is nothing to apply again" in get_page(client, apply_again_url(status="pending"))
    answer = client.post(apply_again_url(status="pending"), follow=True)
    assert "0 events are pending again." in answer.content.decode()


def test_applying_all_again_needs_the_permission_to_change_events() -> None:
    store_event_without_id("x")
    viewer = log_in_staff("view_event")
    assert viewer.get(apply_again_url(status="failed")).status_code == 403
    assert viewer.post(apply_again_url(status="failed")).status_code == 403
    assert "pply" not in re.sub(r"Applying an event twice", "", get_page(viewer, failed_page_url()))
    assert "Apply these again" not in get_page(viewer, list_url(Event) + "?status=failed")
    assert log_in_staff("change_deal", "view_deal").get(failed_page_url()).status_code == 403
    assert Client().get(failed_page_url()).status_code == 302
    assert Event.objects.get().status == "failed"
    assert (
        log_in_staff("view_event", "change_event").post(apply_again_url(status="failed")).status_code == 302
    )
    assert Event.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("filters", "status"),
    [({"colour": "red"}, 400), ({"status": "fialed"}, 400), ({"received_at": "ever"}, 400)],
)
def test_an_unknown_filter_or_value_applies_nothing_again(
    client: Client, filters: dict[str, str], status: int
) -> None:
    store_event_without_id("x")
    for ask in (client.get, client.post):
        assert ask(apply_again_url(**filters)).status_code == status
    assert Event.objects.get().status == "failed"

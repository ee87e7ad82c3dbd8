"""Events are found by a record that they touched, and by when they were received, in the user's zone."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import UserProfile
from events.models import Event
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_event
from tests.support.staff_client import (
    create_staff_user,
    get_page,
    list_url,
    log_in_staff,
    page_url,
    store_and_apply,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/events/event/"


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def listed(client: Client, **query: str) -> set[int]:
    response = client.get(LIST, query, follow=True)
    assert response.status_code == 200, response.content.decode()[-3000:]
    page = response.content.decode()
    return {
        pk for pk in Event.objects.values_list("pk", flat=True) if f"/admin/events/event/{pk}/change/" in page
    }


def store_deal(key: str, event: str = "deal.created", vendor: str = "heffl", **more: object) -> Event:
    return store_and_apply(event, {"id": key, "title": "Kitchen", **more}, vendor=vendor)


def test_the_events_of_a_record_are_all_that_touched_it(client: Client) -> None:
    created = store_deal("dl_1")
    updated = store_deal("dl_1", "deal.updated", client={"id": "cl_1", "name": "Acme"})
    other = store_deal("dl_2")
    assert listed(client, record="deal/dl_1") == {created.pk, updated.pk}
    assert listed(client, record="client/cl_1") == {updated.pk}
    assert listed(client, record="deal/dl_2") == {other.pk}
    assert listed(client, record="deal/unknown") == set()
    assert listed(client, record="deal/dl_1", event_type="deal.updated") == {updated.pk}


def test_the_form_finds_by_kind_and_id_and_drops_what_is_empty(client: Client) -> None:
    event = store_deal("a/b c")
    answer = client.get(
        LIST, {"entity": "deal", "external_id": " a/b c ", "received_from": "", "status": "applied"}
    )
    assert answer["Location"] == f"{LIST}?status=applied&record=deal%2Fa%2Fb+c"
    page = get_page(client, answer["Location"])
    assert page_url(event) in page
    assert 'name="external_id" value="a/b c"' in page
    assert '<input type="hidden" name="status" value="applied">' in page
    answer = client.get(LIST, {"entity": "deal", "external_id": "", "received_to": ""})
    assert answer["Location"] == LIST


def test_a_record_of_a_sub_account_is_found_without_naming_it(client: Client) -> None:
    one = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s1"}, vendor="seedly")
    two = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s2"}, vendor="seedly")
    assert listed(client, record="contact/c") == {one.pk, two.pk}
    assert listed(client, record="contact/c", scope="s2") == {two.pk}


def test_a_viewer_finds_only_by_records_and_events_that_he_sees() -> None:
    one = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s1"}, vendor="seedly")
    store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s2"}, vendor="seedly")
    viewer = log_in(limit(create_member("Operator"), one.source, "s1"))
    assert listed(viewer, record="contact/c") == {one.pk}


@pytest.mark.parametrize(
    ("zone", "query", "found"),
    [
        ("UTC", {"received_from": "2025-01-15"}, {"15T21:30", "15T00:00", "16T00:00"}),
        ("UTC", {"received_to": "2025-01-15"}, {"14T23:59", "15T00:00", "15T21:30"}),
        ("UTC", {"received_from": "2025-01-15T21:30", "received_to": "2025-01-15T21:30"}, {"15T21:30"}),
        (
            "Asia/Dubai",
            {"received_from": "2025-01-16", "received_to": "2025-01-16"},
            {"15T21:30", "16T00:00"},
        ),
        ("Asia/Dubai", {"received_to": "2025-01-15T03:59"}, {"14T23:59"}),
        (
            "America/New_York",
            {"received_from": "2025-01-15", "received_to": "2025-01-15"},
            {"15T21:30", "16T00:00"},
        ),
    ],
)
def test_times_of_receipt_are_in_the_users_zone_and_include_the_day_or_minute_that_they_end_with(
    zone: str, query: dict[str, str], found: set[str]
) -> None:
    user = create_staff_user()
    UserProfile.objects.update_or_create(user=user, defaults={"time_zone": zone})
    client = Client()
    client.force_login(user)
    events = {
        text: create_event(
            received_at=datetime.fromisoformat(f"2025-01-{text}").replace(tzinfo=UTC, second=30)
        )
        for text in ("14T23:59", "15T00:00", "15T21:30", "16T00:00")
    }
    assert listed(client, **query) == {events[text].pk for text in found}


@pytest.mark.parametrize(
    "query",
    [
        "record=deal",
        "record=deal/",
        "record=/x",
        "record=nothing/x",
        "received_from=yesterday",
        "received_from=0001-01-01",
        "received_to=9999-12-31",
        "received_to=2025-02-30",
        "received_to=2025-01-15T10:30%2B04:00",
        "received_from=20250115",
    ],
)
def test_a_value_that_no_record_or_time_has_is_said(query: str) -> None:
    user = create_staff_user()
    UserProfile.objects.update_or_create(user=user, defaults={"time_zone": "Asia/Dubai"})
    client = Client()
    client.force_login(user)
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert "This request cannot be used" in answer.content.decode()


def test_the_list_of_a_record_takes_as_many_queries_for_many_events_as_for_one(
    client: Client,
) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, LIST, record="deal/dl_1")
        return len(captured)

    store_deal("dl_1")
    for_one = count_queries()
    for number in range(5):
        store_deal("dl_1", "deal.updated", value=number)
    assert count_queries() == for_one <= 13


def test_all_that_the_form_found_is_applied_again(client: Client) -> None:
    event, other = store_deal("dl_1"), store_deal("dl_2")
    page = get_page(client, f"{list_url(Event)}?record=deal/dl_1")
    assert "/admin/events/event/apply-all-again/?record=deal%2Fdl_1" in page
    client.post("/admin/events/event/apply-all-again/?record=deal/dl_1")
    assert Event.objects.get(status="pending") == event
    assert Event.objects.get(pk=other.pk).status == "applied"

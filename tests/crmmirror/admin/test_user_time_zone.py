"""Each user sees the admin's times in his own time zone; the API and everything else answer in UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import Appointment, Deal, UserProfile
from events.models import Event, Refusal, Source
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import create_staff_user, get_page, list_url, page_url, store_and_apply

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 17, 40, tzinfo=UTC)
EVENING = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)
DUBAI, BERLIN = "Asia/Dubai", "Europe/Berlin"


def log_in_at(zone: str | None, *permissions: str) -> Client:
    """Return a client of a new member of staff with this time zone; None for one without settings."""
    user = create_staff_user(*permissions)
    if zone is not None:
        UserProfile.objects.create(user=user, time_zone=zone)
    client = Client()
    client.force_login(user)
    return client


@time_machine.travel(NOW, tick=False)
def test_an_appointment_late_in_the_evening_is_tomorrow_in_dubai_and_today_in_berlin() -> None:
    appointment = create_record(Appointment, title="Tasting", starts_at=EVENING, created_at=EVENING)
    for zone, moment, label, clock in (
        (DUBAI, "2026-11-27 01:30", "Starts (Dubai)", "Dubai time 21:40"),
        (BERLIN, "2026-11-26 22:30", "Starts (Berlin)", "Berlin time 18:40"),
        (None, "2026-11-26 21:30", "Starts (UTC)", "UTC 17:40"),
    ):
        client = log_in_at(zone)
        table, page = get_page(client, list_url(Appointment)), get_page(client, page_url(appointment))
        assert f'title="2026-11-26 21:30:00.000000 UTC">{moment}</time>' in table
        assert label in table
        assert f"{moment}:00</time>" in page
        assert clock in table
        assert clock in page
        assert '<span class="relative">in 3 h</span>' in page


@time_machine.travel(NOW, tick=False)
def test_today_is_the_day_of_the_users_calendar() -> None:
    create_record(Appointment, title="Late", created_at=EVENING)
    create_record(Appointment, title="Night before", created_at=datetime(2026, 11, 25, 20, 30, tzinfo=UTC))
    listed = {
        zone: {
            title
            for title in ("Late", "Night before")
            if title in get_page(log_in_at(zone), list_url(Appointment), created_at="today")
        }
        for zone in (DUBAI, BERLIN, "UTC")
    }
    assert listed == {DUBAI: {"Night before"}, BERLIN: {"Late"}, "UTC": {"Late"}}


@time_machine.travel(datetime(2026, 10, 28, 12, tzinfo=UTC), tick=False)
def test_past_days_begin_at_midnight_of_the_user_also_across_a_change_of_the_clocks() -> None:
    for title, moment in (("In", "2026-10-20T22:00:00Z"), ("Out", "2026-10-20T21:59:59Z")):
        create_record(Deal, title=title, created_at=datetime.fromisoformat(moment))
    page = get_page(log_in_at(BERLIN), list_url(Deal), created_at="week")
    assert ">In<" in page
    assert ">Out<" not in page


def every_page() -> list[str]:
    """Return the addresses of pages of each kind, with something on them that has a time."""
    event = store_and_apply("deal.created", {"id": "dl_1", "title": "Deal", "stage": "New", "odd": 1})
    store_and_apply("deal.updated", {"title": "no id"})
    store_and_apply("deal.polished", {"id": "dl_1"})
    store_and_apply("deal.deleted", {"id": "dl_1"}, "2025-01-16T10:30:00Z")
    Refusal.objects.create(source=event.source, reason="signature", refused_at=timezone.now())
    deal = Deal.objects.get()
    return [
        "/admin/",
        list_url(Deal) + "?state=all",
        page_url(deal),
        page_url(deal).replace("change", "timeline"),
        list_url(Event),
        page_url(event),
        reverse("admin:events_event_failed"),
        reverse("admin:events_event_drift"),
        list_url(Source),
        page_url(event.source),
        list_url(Refusal),
        list_url(User),
        reverse("admin:password_change"),
        reverse("admin:time_zone"),
    ]


def test_every_page_says_the_users_zone_and_no_column_another() -> None:
    client = log_in_at(DUBAI)
    for path in every_page():
        page = get_page(client, path)
        assert "Dubai time " in page, path
        assert "(UTC)" not in page, path
        assert not re.search(r"</time>[^<]*(<span[^>]*>)?[^<]*UTC", page), path


def test_the_times_of_django_itself_have_24_hours_and_the_users_zone() -> None:
    source = ensure_source()
    client = log_in_at(DUBAI)
    with time_machine.travel(EVENING, tick=False):
        client.force_login(User.objects.get())
        form = {"secret": "", "overlap": "1"}
        assert client.post(reverse("admin:events_source_rotate", args=[source.pk]), form).status_code == 200
        assert "2026-11-27 01:30" in get_page(client, page_url(source).replace("change", "history"))


@pytest.mark.parametrize("name", ["Mars/Olympus", "Asia", "../UTC", "x\n"])
def test_a_zone_that_the_machine_no_longer_knows_is_the_default(name: str, settings: LazySettings) -> None:
    client = log_in_at(name)
    assert ">UTC " in get_page(client, "/admin/")
    settings.DISPLAY_TIME_ZONE = BERLIN
    assert "Berlin time " in get_page(client, "/admin/")
    settings.DISPLAY_TIME_ZONE = "Mars/Olympus"
    assert ">UTC " in get_page(client, "/admin/")


def test_the_default_zone_is_that_of_users_without_one_and_of_the_login(settings: LazySettings) -> None:
    settings.DISPLAY_TIME_ZONE = DUBAI
    for zone in (None, ""):
        assert "Dubai time " in get_page(log_in_at(zone), "/admin/")
    assert "Dubai time " not in get_page(Client(), "/admin/login/")


def test_the_api_answers_in_utc_whatever_zone_its_user_and_the_mirror_have(settings: LazySettings) -> None:
    settings.DISPLAY_TIME_ZONE = BERLIN
    create_record(Appointment, starts_at=EVENING)
    store_and_apply("deal.created", {"id": "dl_1"})
    client = log_in_at(DUBAI)
    get_page(client, "/admin/")
    (row,) = client.get("/api/v1/appointments/").json()["results"]
    assert row["starts_at"] == "2026-11-26T21:30:00.000000Z"
    assert client.get("/api/v1/appointments/", {"starts_at": "2026-11-26"}).json()["results"]
    assert not client.get("/api/v1/appointments/", {"starts_at": "2026-11-27"}).json()["results"]
    (event,) = client.get("/api/v1/events/").json()["results"]
    assert event["occurred_at"] == "2025-01-15T10:30:00.000000Z"


def profile_queries(request: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        request()
    return sum("entities_userprofile" in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("zone", [DUBAI, None])
def test_a_users_zone_costs_one_query_a_page_and_none_elsewhere(zone: str | None) -> None:
    client = log_in_at(zone)
    assert profile_queries(lambda: get_page(client, "/admin/")) == 1
    assert profile_queries(lambda: get_page(client, list_url(Deal))) == 1
    assert profile_queries(lambda: client.get("/api/v1/deals/")) == 0
    assert profile_queries(lambda: client.get("/healthz")) == 0
    assert profile_queries(lambda: client.post("/webhooks/0b5c5f0e-0000-4000-8000-000000000000/")) == 0
    assert profile_queries(lambda: Client().get("/admin/login/")) == 0


def test_a_users_zone_ends_with_his_request() -> None:
    get_page(log_in_at(DUBAI), "/admin/")
    assert timezone.get_current_timezone_name() == "UTC"

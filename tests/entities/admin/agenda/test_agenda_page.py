"""The agenda, through its address."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.agenda import agenda_days, agenda_page
from entities.models import Appointment, Contact, NameKind, Task, UserProfile
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

URL = "/admin/agenda/"
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SPANS = ("day=2026-11-26", "week=2026-11-26", "month=2026-11")


@pytest.fixture(autouse=True)
def frozen_time() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def log_in_at(zone: str) -> Client:
    user = create_member("Viewer")
    UserProfile.objects.create(user=user, time_zone=zone, was_offered_time_zone=True)
    return log_in(user)


def book(hour: int = 10, minute: int = 0, day: int = 26, **fields: Any) -> Appointment:
    return create_record(Appointment, starts_at=datetime(2026, 11, day, hour, minute, tzinfo=UTC), **fields)


def set_task(hours_from_now: float, **fields: Any) -> Task:
    return create_record(Task, **{"due_at": NOW + timedelta(hours=hours_from_now), "status": "todo"} | fields)


def text_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", html).split()))


def read_rows(page: str, table: str) -> list[list[str]]:
    """Return the texts of the cells of the rows of the tables with this class."""
    tables = re.findall(rf'<table class="entries talks {table}">(.*?)</table>', page, re.DOTALL)
    bodies = "".join(one.partition("</thead>")[2] for one in tables)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", bodies, re.DOTALL)
    cells = ([cell for _, cell in re.findall(r"<(td|th)[^>]*>(.*?)</\1>", row, re.DOTALL)] for row in rows)
    return [[text_of(cell) for cell in row] for row in cells]


def read_days(page: str) -> dict[str, str]:
    """Return heading -> text of each day of a week."""
    days = re.findall(r"<h3>(.*?)</h3>(.*?)</section>", page, re.DOTALL)
    return {text_of(heading): text_of(content) for heading, content in days}


def test_a_day_has_its_hours_with_appointments_and_tasks_due() -> None:
    hana = create_record(Contact, first_name="Hana")
    create_name("cal1", kind=NameKind.CALENDAR, name="Demo room")
    create_name("u1", kind=NameKind.PERSON, name="Ida")
    ends = datetime(2026, 11, 26, 11, 15, tzinfo=UTC)
    book(10, 30, title="Rollout", contact=hana, calendar_ref="cal1", status="confirmed", ends_at=ends)
    book(9, 0, title="Call", status="cancelled")
    book(10, day=27, title="Tomorrow")
    set_task(1.75, title="Send offer", contact=hana, assignee_ref="u1")
    set_task(2, title="Done already", status="completed")
    page = get_page(log_in_staff(), URL)
    assert read_rows(page, "hours") == [
        ["09:00", "09:00", "Call", "", "", "cancelled"],
        ["10:00", "10:30 \N{EN DASH} 11:15", "Rollout", "Hana", "Demo room", "confirmed"],
        ["10:45", "Task due Send offer", "Hana", "Ida", "todo"],
    ]
    assert "Thu 26 Nov 2026 (UTC) 1 appointment, 1 task due" in text_of(page)
    assert '<tr class="off">' in page


@pytest.mark.parametrize(
    ("zone", "today", "tomorrow"), [("Europe/Berlin", ["22:30"], []), ("Asia/Dubai", [], ["01:30"])]
)
def test_an_appointment_at_half_past_nine_in_the_evening_utc_is_tomorrow_in_dubai_and_today_in_berlin(
    zone: str, today: list[str], tomorrow: list[str]
) -> None:
    book(21, 30, title="Late call")
    client = log_in_at(zone)
    for day, times in (("2026-11-26", today), ("2026-11-27", tomorrow)):
        rows = read_rows(get_page(client, URL, day=day), "hours")
        assert [row[1] for row in rows if len(row) > 1] == times, day
    week = read_days(get_page(client, URL, week="2026-11-26"))
    assert "Late call" in week["Thu 26 Nov today 1 appointment" if today else "Fri 27 Nov 1 appointment"]
    month = text_of(get_page(client, URL, month="2026-11"))
    assert ("Thu 26 today 1 appointment" if today else "Fri 27 1 appointment") in month
    home = get_page(client, "/admin/")
    count = re.search(r'"value">(\d+)</span> <span class="name">Appointments today', home)
    assert count is not None
    assert count[1] == str(len(today))


def test_what_is_overdue_comes_first_and_is_folded_beyond_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agenda_page, "MAX_UNFOLDED", 2)
    monkeypatch.setattr(agenda_days, "MAX_OVERDUE", 3)
    for hours in (1, 2, 3, 4):
        set_task(-hours, title=f"Late {hours}")
    set_task(-1, title="Done", completed_at=NOW)
    set_task(-1, title="Called off", status="cancelled")
    page = get_page(log_in_staff(), URL)
    assert [row[0] for row in read_rows(page, "overdue")] == ["Late 4", "Late 3", "Late 2"]
    assert "Overdue tasks 4" in text_of(page)
    assert page.index("Overdue tasks") < page.index('class="entries talks hours"')
    folded = page.partition('<details class="folded">')[2].partition("</details>")[0]
    assert "Late 2" in folded
    assert "Late 3" not in folded
    assert text_of(folded).startswith("2 more")
    assert "The 1 that were due last are not shown here" in text_of(folded)


def test_what_is_overdue_is_said_on_the_days_that_hold_today_alone() -> None:
    set_task(-1)
    client = log_in_staff()
    assert "Overdue tasks 1" in text_of(get_page(client, URL))
    assert "Overdue tasks 1" in text_of(get_page(client, URL, week="2026-11-23"))
    for query in ("day=2026-11-27", "week=2026-11-30", "month=2026-11"):
        assert "Overdue tasks" not in get_page(client, f"{URL}?{query}")


def test_a_week_has_seven_days_from_monday_on_and_leads_to_each() -> None:
    book(10, day=23, title="First", status="cancelled")
    book(10, day=29, title="Last")
    book(10, day=22, title="Before")
    page = get_page(log_in_staff(), URL, week="2026-11-26")
    assert list(read_days(page)) == [
        "Mon 23 Nov",
        "Tue 24 Nov",
        "Wed 25 Nov",
        "Thu 26 Nov today",
        "Fri 27 Nov",
        "Sat 28 Nov",
        "Sun 29 Nov 1 appointment",
    ]
    assert "First" in read_days(page)["Mon 23 Nov"]
    assert "Before" not in page
    assert f'href="{URL}?day=2026-11-24"' in page


def test_a_day_of_a_week_shows_its_first_ones_and_how_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(agenda_page.MAX_ENTRIES, "week", 2)
    for hour in (8, 9, 10, 11):
        book(hour, title=f"At {hour}.")
    book(8, day=27, title="Alone.")
    page = get_page(log_in_staff(), URL, week="2026-11-26")
    assert re.findall(r"At \d+\.|Alone\.", page) == ["At 8.", "At 9.", "Alone."]
    assert "2 more" in read_days(page)["Thu 26 Nov today 4 appointments"]


def test_a_month_has_counts_alone() -> None:
    book(title="Secret")
    book(11)
    set_task(1)
    page = get_page(log_in_staff(), URL, month="2026-11")
    assert "Thu 26 today 2 appointments, 1 task due" in text_of(page)
    assert "Secret" not in page
    assert len(re.findall(r"\?day=2026-11-\d\d", page.partition('<ol class="month">')[2])) == 30


@pytest.mark.parametrize(
    ("query", "previous", "following", "current"),
    [
        ("day=2026-03-01", "day=2026-02-28", "day=2026-03-02", "day=2026-11-26"),
        ("week=2026-03-01", "week=2026-02-16", "week=2026-03-02", "week=2026-11-26"),
        ("month=2026-01", "month=2025-12", "month=2026-02", "month=2026-11"),
    ],
)
def test_links_lead_to_the_span_before_and_after_and_to_today(
    query: str, previous: str, following: str, current: str
) -> None:
    page = get_page(log_in_staff(), f"{URL}?{query}&source={ensure_source().slug}")
    for words, expected in (("prev", previous), ("next", following)):
        (link,) = re.findall(rf'href="([^"]*)" rel="{words}"', page)
        assert unescape(link) == f"{URL}?{expected}&source=acme"
    assert f'href="{URL}?{current}&amp;source=acme"' in page
    assert page.count(URL) >= 6


@pytest.mark.parametrize("query", ["day=1900-01-01", "week=1900-01-01", "day=2199-12-31", "month=2199-12"])
def test_the_ends_of_the_calendar_are_pages_too(query: str) -> None:
    client = log_in_at("Pacific/Kiritimati")
    page = get_page(client, f"{URL}?{query}")
    for link in re.findall(rf'href="({URL}\?[^"]*)"', page):
        get_page(client, unescape(link))


def test_mine_are_the_tasks_of_the_people_tied_to_the_login() -> None:
    user = create_member("Viewer")
    create_name("u1", kind=NameKind.PERSON, name="Ida", user=user)
    set_task(1, title="Mine task", assignee_ref="u1")
    set_task(1, title="Other task", assignee_ref="u2")
    set_task(-1, title="Mine late", assignee_ref="u1")
    set_task(-1, title="Other late", assignee_ref="u2")
    book(title="Meeting")
    page = get_page(log_in(user), URL, person="mine")
    assert [row[0] for row in read_rows(page, "overdue")] == ["Mine late"]
    assert "Mine task" in page
    assert "Other task" not in page
    assert "Other late" not in page
    assert "those of all people" in page
    assert "Meeting" in page
    assert '<option value="mine" selected>mine</option>' in page


def test_it_is_narrowed_to_a_source() -> None:
    book(title="Here")
    book(title="There", source=ensure_source("other"))
    page = get_page(log_in_staff(), URL, source="other")
    assert "There" in page
    assert "Here" not in page


def test_the_figures_of_home_lead_to_the_agenda_of_the_same_choice() -> None:
    page = get_page(log_in_staff(), "/admin/", source=ensure_source().slug)
    assert f'<a href="{URL}?source=acme"><span class="value">' in page


@pytest.mark.parametrize("span", SPANS)
def test_a_viewer_of_one_sub_account_meets_its_day_alone(span: str) -> None:
    for scope in ("north", "south"):
        book(title=f"Meeting {scope}", scope=scope)
        set_task(1, title=f"Task {scope}", scope=scope)
        set_task(-30, title=f"Late {scope}", scope=scope)
    page = get_page(log_in(limit(create_member("Viewer"), ensure_source(), "north")), f"{URL}?{span}")
    assert "south" not in page
    assert "1 appointment, 1 task due" in text_of(page)


def test_who_may_view_tasks_only_meets_tasks_only() -> None:
    book(title="Meeting")
    set_task(-1, title="Late one")
    page = get_page(log_in_staff("view_task"), URL)
    assert "Late one" in page
    assert "Meeting" not in page
    assert "Overdue" not in get_page(log_in_staff("view_appointment"), URL)
    assert log_in_staff("view_deal").get(URL).status_code == 403


@pytest.mark.parametrize("query", ["colour=red", "source=x", "person=x", "day=x", "month=2026-13"])
def test_an_unknown_parameter_or_value_is_said(query: str) -> None:
    assert log_in_staff().get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("rows", [0, 20])
def test_it_takes_25_queries_at_most(span: str, rows: int) -> None:
    for number in range(rows):
        contact = create_record(Contact, first_name=f"C{number}")
        book(8 + number % 10, contact=contact, calendar_ref=f"c{number}", day=23 + number % 7)
        set_task(1, contact=contact, assignee_ref=f"u{number}")
        set_task(-number, contact=contact)
    client = log_in(limit(create_member("Operator"), ensure_source()))
    with CaptureQueriesContext(connection) as queries:
        get_page(client, f"{URL}?{span}")
    assert len(queries) <= 22, "\n".join(query["sql"][:120] for query in queries)


def test_an_entry_leads_to_its_record() -> None:
    assert page_url(book()) in get_page(log_in_staff(), URL)

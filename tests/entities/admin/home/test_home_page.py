"""The first page for those who work with records, through its address."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.filtered_pages import work_choice
from entities.models import (
    Appointment,
    Contact,
    Conversation,
    Deal,
    Invoice,
    Name,
    NameKind,
    Task,
    UserProfile,
)
from entities.models.introspection import record_models
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen_time() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def log_in_at(zone: str) -> Client:
    user = create_member("Viewer")
    UserProfile.objects.create(user=user, time_zone=zone, was_offered_time_zone=True)
    return log_in(user)


def read_figures(client: Client, **query: str) -> dict[str, tuple[str, ...]]:
    """Return label -> the figure and its remarks."""
    page = get_page(client, "/admin/", **query)
    figures = re.findall(r"<li[^>]*><a href=[^>]*>(<span class=\"value\">.*?)</a></li>", page)
    parts = (re.findall(r"<span[^>]*>([^<]*)</span>", unescape(figure)) for figure in figures)
    return {label: (value, *remarks) for value, label, *remarks in parts}


def read_rows(client: Client, caption: str, **query: str) -> list[list[str]]:
    page = get_page(client, "/admin/", **query)
    body = page[page.index(caption) :].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[cell for cell in re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) if cell] for row in rows]


def test_an_appointment_at_half_past_nine_in_the_evening_utc_is_tomorrow_in_dubai_and_today_in_berlin() -> (
    None
):
    contact = create_record(Contact, first_name="Hana")
    create_record(Appointment, starts_at=datetime(2026, 11, 26, 21, 30, tzinfo=UTC), contact=contact)
    assert read_figures(log_in_at("Europe/Berlin"))["Appointments today"] == ("1", "next 22:30 Hana")
    assert read_figures(log_in_at("Asia/Dubai"))["Appointments today"] == ("0",)


def test_what_waits_for_somebody_is_counted() -> None:
    create_record(Appointment, starts_at=NOW, status="cancelled")
    create_record(Task, due_at=NOW - timedelta(hours=1), status="todo")
    create_record(Task, due_at=NOW - timedelta(hours=1), status="completed")
    create_record(Task, due_at=NOW - timedelta(hours=1), is_deleted=True)
    create_record(Task, due_at=NOW + timedelta(hours=1))
    for hours in (23, 25):
        since = NOW - timedelta(hours=hours)
        Conversation.objects.create(source=ensure_source(), scope="", ref=str(hours), unanswered_since=since)
    yesterday = NOW.date() - timedelta(days=1)
    create_record(Invoice, due_date=yesterday, amount_open=Decimal(10), currency="AED")
    create_record(Invoice, due_date=yesterday, amount_open=Decimal(5), currency="USD")
    create_record(Invoice, due_date=yesterday, amount_open=Decimal(2))
    create_record(Invoice, due_date=NOW.date(), amount_open=Decimal(7), currency="AED")
    assert read_figures(log_in(create_member("Viewer"))) == {
        "Appointments today": ("0",),
        "Overdue tasks": ("1",),
        "Unanswered > 24 h": ("1", "conversations"),
        "Overdue invoices": ("3", "AED 10.00; USD 5.00; 2.00 without currency"),
    }


def test_the_pipeline_has_the_stages_by_name_in_staff_s_order_with_sums() -> None:
    source = ensure_source()
    for stage, name, position in (("s2", "Signature", 2), ("s1", "Proposal", 1)):
        Name.objects.create(source=source, kind=NameKind.STAGE, ref=stage, name=name, position=position)
    deals: tuple[tuple[str | None, int | None], ...] = (("s2", 5), ("s1", 10), ("s1", 20), (None, None))
    for ref, value in deals:
        create_record(Deal, status="open", stage_ref=ref, value=value)
    create_record(Deal, status="won", stage_ref="s1", value=1000)
    assert read_rows(log_in_staff(), "Open pipeline by stage") == [
        ["Proposal", "acme", "2", "30.00 without currency"],
        ["Signature", "acme", "1", "5.00 without currency"],
        ["without a stage", "acme", "1", "no value"],
    ]


def test_the_pipeline_has_the_source_s_order_and_names_for_a_sub_account_too() -> None:
    source = ensure_source()
    for stage, name, position in (("s1", "Zulu", 1), ("s2", "Alpha", 2)):
        Name.objects.create(source=source, kind=NameKind.STAGE, ref=stage, name=name, position=position)
    Name.objects.create(source=source, scope="sa_1", kind=NameKind.STAGE, ref="s1", vendor_name="Zulu there")
    for stage in ("s1", "s2"):
        create_record(Deal, scope="sa_1", status="open", stage_ref=stage)
    for client in (log_in_staff(), log_in(limit(create_member("Viewer"), source, "sa_1"))):
        stages = [row[0] for row in read_rows(client, "Open pipeline by stage")]
        assert stages == ["Zulu there", "Alpha"]


def test_the_pipeline_and_the_months_have_the_currency_that_deals_state() -> None:
    dirham = ensure_source("dirham", assumed_currency="AED")
    for status in ("open", "won"):
        for value, currency in ((5, "EUR"), (7, None)):
            create_record(
                Deal,
                status=status,
                closed_at=NOW,
                stage_ref="s1",
                value=value,
                currency=currency,
                source=dirham,
            )
    client = log_in_staff()
    sums = "AED 7.00 (assumed) + EUR 5.00"
    assert read_rows(client, "Open pipeline by stage") == [["s1 (unnamed)", "dirham", "2", sums]]
    assert read_rows(client, "by month")[0] == ["Nov 2026", "2", "0", sums]


def test_won_and_lost_are_counted_by_month_of_the_user_s_zone_and_currencies_are_never_added() -> None:
    dirham = ensure_source("dirham", assumed_currency="AED")
    october = datetime(2026, 10, 31, 21, tzinfo=UTC)
    create_record(Deal, status="won", closed_at=october, value=5)
    create_record(Deal, status="won", closed_at=october, value=7, source=dirham)
    create_record(Deal, status="lost", closed_at=october)
    rows = read_rows(log_in_at("Asia/Dubai"), "by month")
    assert len(rows) == 12
    assert rows[0] == ["Nov 2026", "2", "1", "AED 7.00 (assumed) + 5.00 without currency"]
    assert read_rows(log_in_at("Europe/Berlin"), "by month")[1][:3] == ["Oct 2026", "2", "1"]


def test_it_is_narrowed_to_a_source_and_to_the_people_who_are_the_user() -> None:
    user = create_member("Viewer")
    other = ensure_source("other")
    Name.objects.create(source=ensure_source(), kind=NameKind.PERSON, ref="u1", name="Ida", user=user)
    for owner, source in (("u1", ensure_source()), ("u2", ensure_source()), ("u1", other)):
        create_record(Task, assignee_ref=owner, source=source, due_at=NOW - timedelta(hours=1))
    client = log_in(user)
    assert read_figures(client)["Overdue tasks"] == ("3",)
    assert read_figures(client, source="other")["Overdue tasks"] == ("1",)
    assert read_figures(client, person="mine")["Overdue tasks"] == ("1",)
    assert read_figures(client, person="mine")["Appointments today"] == ("0", "of all people")


def test_a_limited_user_is_himself_by_a_name_of_the_whole_source_and_behind_any_number_of_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work_choice, "MAX_PEOPLE", 1)
    source = ensure_source()
    user = limit(create_member("Viewer"), source, "sa_1")
    for scope, ref, name in (("sa_1", "u0", "Ada"), ("sa_1", "u2", "Bea")):
        Name.objects.create(source=source, scope=scope, kind=NameKind.PERSON, ref=ref, name=name)
    Name.objects.create(source=source, kind=NameKind.PERSON, ref="u1", name="Ida", user=user)
    for owner, scope in (("u1", "sa_1"), ("u1", "sa_2"), ("u2", "sa_1")):
        create_record(Task, assignee_ref=owner, scope=scope, due_at=NOW - timedelta(hours=1))
    client = log_in(user)
    assert read_figures(client)["Overdue tasks"] == ("2",)
    assert read_figures(client, person="mine")["Overdue tasks"] == ("1",)


@pytest.mark.parametrize("query", ["source=nobody", "person=mine", "person=999", "person=x"])
def test_a_choice_that_is_not_offered_is_said(query: str) -> None:
    assert log_in_staff().get(f"/admin/?{query}").status_code == 400


def test_it_shows_what_the_user_sees_and_may_view_only() -> None:
    east, west = ensure_source("east"), ensure_source("west")
    for source, scope in ((east, "sa_1"), (east, "sa_2"), (west, "sa_1")):
        create_record(Task, source=source, scope=scope, due_at=NOW - timedelta(hours=1))
        create_record(Deal, source=source, scope=scope, status="open")
    client = log_in(limit(create_member("Viewer"), east, "sa_1"))
    assert read_figures(client)["Overdue tasks"] == ("1",)
    assert [row[1:3] for row in read_rows(client, "Open pipeline by stage")] == [["east", "1"]]
    assert "west" not in get_page(client, "/admin/")
    page = get_page(log_in_staff("view_task"), "/admin/")
    assert "Overdue tasks" in page
    assert "pipeline" not in page


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Administrator"])
def test_it_takes_25_queries_at_most(role: str) -> None:
    client = log_in(limit(create_member(role), ensure_source()))
    for model in record_models():
        get_page(client, page_url(create_record(model)))
    create_record(Deal, status="open", stage_ref="s1")
    with CaptureQueriesContext(connection) as queries:
        get_page(client, "/admin/")
    assert len(queries) <= 25, "\n".join(query["sql"][:120] for query in queries)


def test_operators_have_the_overview_above_it() -> None:
    page = get_page(log_in(create_member("Operator")), "/admin/")
    assert page.index("received in 24 hours") < page.index("Appointments today")
    assert "received in 24 hours" not in get_page(log_in(create_member("Viewer")), "/admin/")

"""The navigation of the admin's pages, through their addresses."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event, RefusalCount
from events.reports import operator_counts
from events.reports.operator_counts import MAX_FAILED
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_event
from tests.support.staff_client import ensure_source, get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

# Pages of each of Django's and of the mirror's own templates.
PAGES = ("/admin/", "/admin/entities/deal/", "/admin/entities/", "/admin/search/", "/admin/password_change/")


def read_menu(page: str) -> dict[str, str]:
    """Return label -> count of the links in the sidebar."""
    sidebar = page[page.index('<nav class="site-nav"') :].partition("</nav>")[0]
    links = re.findall(r"<li><a [^>]*>([^<]*?) ?(?:<span[^>]*>([^<]*).*?)?</a></li>", sidebar)
    return {label.strip(): count for label, count in links}


def read_counts(client: Client) -> dict[str, str]:
    menu = read_menu(get_page(client, "/admin/search/"))
    return {label: count for label, count in menu.items() if count}


@pytest.mark.parametrize("address", PAGES)
def test_the_navigation_is_on_every_page_in_the_sidebar_and_in_the_phones_menu(address: str) -> None:
    page = get_page(log_in_staff(), address)
    assert list(read_menu(page))[:1] == ["Home"]
    menu = page[page.index('<details class="site-menu">') :].partition("</details>")[0]
    assert "<summary>Menu</summary>" in menu
    assert re.findall(r'<a href="([^"]*)"', menu) == re.findall(
        r'<a href="([^"]*)"', page[page.index('<nav class="site-nav"') :].partition("</nav>")[0]
    )


def test_nothing_is_there_that_the_user_may_not_open() -> None:
    page = get_page(log_in(create_member("Viewer")), "/admin/search/")
    menu = read_menu(page)
    assert {"Contacts", "Deals", "Invoices", "Messages"} <= set(menu)
    assert not {"Events", "Failed", "Refused", "Drift", "Sources", "Users", "Names and order"} & set(menu)
    assert "<h2>Mirror</h2>" not in page
    menu = read_menu(get_page(log_in_staff("view_deal"), "/admin/search/"))
    assert set(menu) <= {"Home", "Board", "Deals", "All my views"}


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Administrator"])
def test_every_link_of_the_navigation_opens(role: str) -> None:
    client = log_in(create_member(role))
    page = get_page(client, "/admin/search/")
    links = re.findall(
        r'<a href="([^"]*)"', page[page.index('<nav class="site-nav"') :].partition("</nav>")[0]
    )
    assert len(links) > 10
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_every_list_of_the_admin_is_in_the_navigation() -> None:
    page = get_page(log_in_staff(), "/admin/search/")
    assert [model for model in site._registry if f'<a href="{list_url(model)}"' not in page] == []


def test_the_link_of_the_page_is_marked_and_so_is_the_list_of_a_row() -> None:
    client = log_in_staff()
    event = create_event(status=Event.Status.FAILED)
    for address, marked in (
        ("/admin/", "/admin/"),
        ("/admin/events/event/failed/", "/admin/events/event/failed/"),
        (f"/admin/events/event/{event.pk}/change/", "/admin/events/event/"),
        ("/admin/search/", None),
    ):
        page = get_page(client, address)
        sidebar = page[page.index('<nav class="site-nav"') :].partition("</nav>")[0]
        current = re.findall(r'<a href="([^"]*)" aria-current="page"', sidebar)
        assert current == ([marked] if marked else []), address


def test_failed_refused_and_drift_have_counts_for_those_who_may_see_them() -> None:
    now = timezone.now()
    create_event(status=Event.Status.FAILED)
    create_event(status=Event.Status.MALFORMED)
    for event_type in ("deal.exploded", "deal.exploded", "deal.created"):
        create_event(status=Event.Status.IGNORED, event_type=event_type, received_at=now)
    create_event(status=Event.Status.IGNORED, event_type="deal.old", received_at=now - timedelta(days=31))
    RefusalCount.objects.create(source=ensure_source(), reason="size", hour=now, count=3)
    assert read_counts(log_in_staff()) == {"Failed": "2", "Refused": "3", "Drift": "1"}
    assert read_counts(log_in_staff("view_event")) == {"Failed": "2", "Drift": "1"}
    assert read_counts(log_in_staff("view_refusal")) == {"Refused": "3"}
    assert read_counts(log_in(create_member("Viewer"))) == {}


def test_nothing_to_look_at_has_no_count() -> None:
    assert read_counts(log_in_staff()) == {}


def test_the_count_of_failed_events_is_capped() -> None:
    for _ in range(MAX_FAILED + 5):
        create_event(status=Event.Status.FAILED)
    assert read_counts(log_in_staff()) == {"Failed": "100+"}


def test_the_count_of_unknown_types_says_if_it_is_of_the_newest_events_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operator_counts, "MAX_IGNORED", 2)
    now = timezone.now()
    create_event(status=Event.Status.IGNORED, event_type="deal.exploded", received_at=now)
    for _ in range(2):
        create_event(status=Event.Status.IGNORED, event_type="deal.created", received_at=now)
    assert read_counts(log_in_staff()) == {"Drift": "0 of the newest 2"}
    create_event(status=Event.Status.IGNORED, event_type="deal.sneezed", received_at=now)
    assert read_counts(log_in_staff()) == {"Drift": "1+"}
    Event.objects.filter(event_type="deal.created").delete()
    assert read_counts(log_in_staff()) == {"Drift": "2"}


def test_the_counts_are_of_what_the_user_sees() -> None:
    east, west = (ensure_source(slug, "seedly") for slug in ("east", "west"))
    for source, scope in ((east, "sa_1"), (east, "sa_2"), (west, "sa_1")):
        create_event(source=source, scope=scope, status=Event.Status.FAILED)
        RefusalCount.objects.update_or_create(
            source=source,
            reason="size",
            hour=timezone.now().replace(minute=0, second=0, microsecond=0),
            defaults={"count": 5},
        )
    assert read_counts(log_in(limit(create_member("Operator"), east, "sa_1"))) == {"Failed": "1"}
    assert read_counts(log_in(limit(create_member("Operator"), east))) == {"Failed": "2", "Refused": "5"}


def test_the_counts_cost_one_query_and_none_where_there_are_none() -> None:
    def count_queries(client: Client) -> int:
        client.get("/admin/search/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/search/")
        return sum("events_event" in query["sql"] or "refusalcount" in query["sql"] for query in queries)

    for _ in range(20):
        create_event(status=Event.Status.FAILED)
    assert count_queries(log_in_staff()) == 1
    assert count_queries(log_in_staff("view_deal")) == 0

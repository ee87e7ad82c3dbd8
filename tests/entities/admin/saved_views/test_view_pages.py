"""Saved views, through the addresses that save, show, change and delete them."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.saved_views import view_changes, view_links, view_pages
from entities.models import AuditAction, AuditEntry, Contact, Deal, SavedView, UserProfile
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/views/"
SAVE = "/admin/views/save/"


def save(client: Client, name: str = "Mine", query: str = "status=open", **fields: Any) -> Any:
    values = {"record_type": "deal", "name": name, "query": query, "audience": "me"} | fields
    return client.post(SAVE, values, follow=True)


def change(client: Client, view: SavedView, act: str = "change", **fields: Any) -> Any:
    return client.post(f"{PAGE}{view.pk}/", {"act": act, "name": view.name} | fields)


def read_tabs(page: str) -> dict[str, str]:
    """Return label -> address of the tabs above a list."""
    tabs = page.partition('aria-label="Saved views"')[2].partition("</ul>")[0]
    links = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', tabs)
    return {" ".join(re.sub(r"<[^>]*>", "", label).split()): unescape(url) for url, label in links}


def read_pinned(client: Client) -> dict[str, str]:
    """Return label -> address of the views in the navigation."""
    page = get_page(client, "/admin/search/")
    sidebar = page.partition('<nav class="site-nav"')[2].partition("</nav>")[0]
    group = sidebar.partition("<h2>My views</h2>")[2].partition("</ul>")[0]
    links = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', group)
    return {unescape(label).strip(): unescape(url) for url, label in links if url != PAGE}


def titles(page: str) -> set[str]:
    return set(re.findall(r"Deal (?:one|two|three)", page))


def test_a_view_is_saved_from_the_list_and_opens_the_list_as_it_was() -> None:
    create_record(Deal, title="Deal one", status="open")
    create_record(Deal, title="Deal two", status="won")
    client = log_in_staff()
    page = get_page(client, f"{list_url(Deal)}?status=open&o=-created_at&columns=status,value")
    form = page.partition('<details class="save-view">')[2].partition("</form>")[0]
    query = unescape(re.findall(r'name="query" value="([^"]*)"', form)[0])
    answer = save(client, "Open ones", query)
    assert answer.redirect_chain == [(f"{list_url(Deal)}?{query}", 302)]
    page = answer.content.decode()
    assert "The view “Open ones” is saved." in page
    assert titles(page) == {"Deal one"}
    tabs = read_tabs(get_page(client, list_url(Deal)))
    assert list(tabs) == ["All", "Open ones"]
    assert {"status=open", "o=-created_at"} <= set(tabs["Open ones"].partition("?")[2].split("&"))
    assert read_tabs(get_page(client, list_url(Contact))) == {}


def test_the_tab_of_the_view_that_is_shown_is_marked() -> None:
    client = log_in_staff()
    save(client, "Open", "status=open")
    for query, marked in (("status=open", "Open"), ("", "All"), ("status=won", None)):
        page = get_page(client, f"{list_url(Deal)}?{query}")
        current = re.findall(r'aria-current="true">(?:<span[^>]*>)?(All|Open)<', page)
        assert current == ([marked] if marked else []), query


def test_the_page_is_no_part_of_a_view() -> None:
    save(log_in_staff(), query="p=3&status=open&e=1")
    assert SavedView.objects.get().query == "status=open"


def test_saving_under_the_same_name_replaces_ones_own_view_of_that_list_alone() -> None:
    client, other = log_in_staff(), log_in_staff()
    save(other, "Mine", "status=lost")
    save(client, "Mine", "status=open")
    save(client, "Mine", "state=all", record_type="contact")
    answer = save(client, "Mine", "status=won")
    assert "was there before" in answer.content.decode()
    rows = SavedView.objects.values_list("record_type", "query")
    assert sorted(rows) == [("contact", "state=all"), ("deal", "status=lost"), ("deal", "status=won")]


@pytest.mark.parametrize(
    ("audience", "meet_it"), [("me", set()), ("group", {"colleague"}), ("all", {"colleague", "stranger"})]
)
def test_a_view_is_for_oneself_for_a_group_or_for_all(audience: str, meet_it: set[str]) -> None:
    group = Group.objects.create(name="sales")
    lena = create_member("Operator")
    lena.first_name = "Lena"
    lena.save()
    colleague, stranger = create_member("Viewer"), create_member("Viewer")
    colleague.groups.add(group)
    save(log_in(lena), "Shared", audience=str(group.pk) if audience == "group" else audience)
    label = "Shared (shared by Lena)"
    view = SavedView.objects.get()
    for name, person in (("colleague", colleague), ("stranger", stranger)):
        client = log_in(person)
        assert (label in read_tabs(get_page(client, list_url(Deal)))) == (name in meet_it)
        assert (">Shared</a>" in get_page(client, PAGE)) == (name in meet_it)
        assert change(client, view, "pin").status_code == (302 if name in meet_it else 404)
        assert (label in read_pinned(client)) == (name in meet_it)


def test_sharing_takes_the_permission_to_share() -> None:
    client = log_in(create_member("Viewer"))
    assert '<select name="audience"' not in get_page(client, list_url(Deal))
    assert save(client, audience="all").status_code == 403
    assert save(client, audience="me").status_code == 200
    view = SavedView.objects.get()
    assert change(client, view, audience="all").status_code == 403
    assert not SavedView.objects.get().is_shared


def test_each_viewer_sees_only_his_own_rows_through_a_shared_view() -> None:
    for title, scope in (("one", "north"), ("two", "south")):
        create_record(Deal, title=f"Deal {title}", status="open", scope=scope)
    create_record(Deal, title="Deal three", status="won", scope="north")
    owner = log_in(create_member("Operator"))
    assert titles(save(owner, "All open", audience="all").content.decode()) == {"Deal one", "Deal two"}
    viewer = log_in(limit(create_member("Viewer"), ensure_source(), "north"))
    tab = read_tabs(get_page(viewer, list_url(Deal)))
    (address,) = [url for label, url in tab.items() if label.startswith("All open")]
    assert titles(get_page(viewer, address)) == {"Deal one"}


def test_a_stored_parameter_that_no_longer_exists_is_said_when_the_view_is_opened() -> None:
    client = log_in_staff()
    for query, reason in (
        ("colour=red", "no filter &#x27;colour&#x27;"),
        ("status=fialed", "fialed"),
        ("columns=shoe_size", "shoe_size"),
        ("o=shoe_size", "shoe_size"),
    ):
        SavedView.objects.all().delete()
        SavedView.objects.create(owner=User.objects.latest("pk"), record_type="deal", name="Old", query=query)
        answer = client.get(read_tabs(get_page(client, list_url(Deal)))["Old"])
        assert answer.status_code == 400, query
        assert reason in answer.content.decode(), query


def test_a_pinned_view_stands_in_the_navigation_of_every_page_and_is_marked_where_it_is_shown() -> None:
    client = log_in_staff()
    save(client, "First", "status=won", pinned="on")
    save(client, "Second", "", pinned="on")
    save(client, "Third", "status=open")
    assert read_pinned(client) == {"First": f"{list_url(Deal)}?status=won", "Second": list_url(Deal)}
    page = get_page(client, f"{list_url(Deal)}?status=won")
    assert re.findall(r'<a href="([^"]*)" aria-current="page"', page) == [f"{list_url(Deal)}?status=won"] * 2
    change(client, SavedView.objects.get(name="First"), audience="me")
    assert list(read_pinned(client)) == ["Second"]


def test_a_view_that_is_deleted_or_no_longer_shared_is_gone_from_the_navigation_of_others() -> None:
    owner, viewer = log_in(create_member("Operator")), log_in(create_member("Viewer"))
    for name in ("Kept", "Deleted", "Withdrawn"):
        save(owner, name, audience="all")
        change(viewer, SavedView.objects.get(name=name), "pin")
    assert len(read_pinned(viewer)) == 3
    change(owner, SavedView.objects.get(name="Deleted"), "delete")
    change(owner, SavedView.objects.get(name="Withdrawn"), audience="me")
    assert [label.partition(" (")[0] for label in read_pinned(viewer)] == ["Kept"]
    change(viewer, SavedView.objects.get(name="Kept"), "unpin")
    assert read_pinned(viewer) == {}


def test_a_pinned_view_of_a_list_that_the_user_may_not_view_is_left_out() -> None:
    client = log_in_staff("view_deal", "view_contact")
    save(client, record_type="contact", query="state=all", pinned="on")
    user = User.objects.latest("pk")
    assert read_pinned(client) == {"Mine": f"{list_url(Contact)}?state=all"}
    user.user_permissions.remove(user.user_permissions.get(codename="view_contact"))
    assert read_pinned(client) == {}
    assert "Mine" not in get_page(client, PAGE)
    assert save(client, record_type="contact").status_code == 403
    assert save(client, record_type="user").status_code == 403


def test_the_owner_renames_shares_and_deletes_a_view_and_nobody_else_does() -> None:
    owner, other = log_in_staff(), log_in_staff()
    save(owner, "Old name", audience="all")
    view = SavedView.objects.get()
    assert change(other, view, name="Theirs").status_code == 403
    assert change(other, view, "delete").status_code == 403
    change(owner, view, name="New name", audience="me")
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("New name", False)
    assert "New name" in get_page(owner, PAGE)
    assert "New name" not in get_page(other, PAGE)
    change(owner, view, "delete")
    assert not SavedView.objects.exists()


def test_a_group_that_the_owner_may_not_know_of_stays_the_audience_when_he_renames() -> None:
    hidden = Group.objects.create(name="hidden")
    limit(hidden, ensure_source("elsewhere"))
    owner = limit(create_member("Operator"), ensure_source())
    view = SavedView.objects.create(owner=owner, record_type="deal", name="Old", group=hidden)
    client = log_in(owner)
    assert f'<option value="{hidden.pk}" selected>' in get_page(client, PAGE)
    assert change(client, view, name="New", audience=str(hidden.pk)).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.group) == ("New", hidden)


def test_a_view_of_a_group_that_is_deleted_is_its_owner_s_alone_again() -> None:
    group = Group.objects.create(name="sales")
    save(log_in_staff(), audience=str(group.pk))
    group.delete()
    assert not SavedView.objects.get().is_shared


def test_what_is_shared_is_in_the_audit_log_and_what_is_not_is_not() -> None:
    client = log_in_staff()
    save(client, "Private")
    assert not AuditEntry.objects.exists()
    save(client, "Open", audience="all")
    view = SavedView.objects.get(name="Open")
    change(client, view, audience="me")
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [entry.action for entry in entries] == [AuditAction.VIEW_SHARED, AuditAction.VIEW_WITHDRAWN]
    assert entries[0].detail == {"list": "deal", "parameters": "status=open", "shared_with": "everybody"}
    assert entries[0].object_text == "Open"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"query": "x" * 4001}, "query"),
        ({"audience": "nobody"}, "audience"),
        ({"audience": "999999"}, "audience"),
    ],
)
def test_what_cannot_be_saved_is_said(fields: dict[str, str], reason: str) -> None:
    answer = save(log_in_staff(), **fields)
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert not SavedView.objects.exists()


def test_two_views_of_a_list_cannot_be_given_one_name() -> None:
    client = log_in_staff()
    save(client, "One")
    save(client, "Two")
    answer = change(client, SavedView.objects.get(name="Two"), name="One")
    assert answer.status_code == 400
    assert "another view" in answer.content.decode()


def test_there_is_room_for_so_many_views_and_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_changes, "MAX_PINNED", 1)
    monkeypatch.setattr(view_links, "MAX_PINNED", 1)
    monkeypatch.setattr(view_changes, "MAX_OWN_VIEWS", 2)
    client = log_in_staff()
    save(client, "One", pinned="on")
    assert 'name="pinned" disabled' in get_page(client, list_url(Deal))
    assert save(client, "Two", pinned="on").status_code == 400
    assert save(client, "Two").status_code == 200
    assert save(client, "Two", "status=won").status_code == 200
    assert save(client, "Three").status_code == 400
    assert SavedView.objects.count() == 2


def test_only_posts_change_something() -> None:
    client = log_in_staff()
    save(client)
    view = SavedView.objects.get()
    assert client.get(SAVE).status_code == 405
    assert client.get(f"{PAGE}{view.pk}/").status_code == 405
    assert change(client, view, "explode").status_code == 400
    assert client.post(f"{PAGE}{view.pk + 1}/", {"act": "pin"}).status_code == 404
    assert client.get(PAGE, {"colour": "red"}).status_code == 400


def test_hostile_names_are_escaped() -> None:
    client = log_in_staff()
    hostile = "<script>alert(1)</script>\u202e"
    save(client, hostile, pinned="on")
    for address in (PAGE, list_url(Deal)):
        assert "<script>alert" not in get_page(client, address)


def test_who_has_pinned_nothing_costs_no_query_and_others_one() -> None:
    client = log_in(create_member("Viewer"))
    UserProfile.objects.create(user=User.objects.latest("pk"), was_offered_time_zone=True)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            get_page(client, "/admin/views/")
        with CaptureQueriesContext(connection) as queries:
            get_page(client, "/admin/search/")
        return len(queries)

    before = count()
    for number in range(5):
        save(client, f"V{number}", pinned="on")
    assert count() == before + 1


@pytest.mark.parametrize("views", [1, 20])
def test_the_page_and_the_tabs_take_a_bounded_number_of_queries(views: int) -> None:
    client = log_in(create_member("Operator"))
    for number in range(views):
        save(client, f"V{number}", pinned="on", audience="all")
    for address, bound in ((PAGE, 11), (list_url(Deal), 16)):
        with CaptureQueriesContext(connection) as queries:
            get_page(client, address)
        assert len(queries) <= bound, "\n".join(query["sql"][:120] for query in queries)


def test_the_user_s_own_views_are_no_part_of_what_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_links, "MAX_TABS", 3)
    monkeypatch.setattr(view_pages, "MAX_LISTED", 3)
    other = create_member("Viewer")
    for number in range(3):
        SavedView.objects.create(owner=other, record_type="deal", name=f"A{number}", is_for_all=True)
    client = log_in_staff()
    save(client, "Mine", "status=open")
    labels = list(read_tabs(get_page(client, list_url(Deal))))
    assert labels[:2] == ["All", "Mine"]
    assert len(labels) == 4
    assert "Mine" in get_page(client, PAGE).partition("</nav>")[2]

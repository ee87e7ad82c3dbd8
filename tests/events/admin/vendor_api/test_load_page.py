"""The page about the loads of a source: how far the newest one has come, what came, and the earlier ones."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Lead
from events.loading import load_states
from events.models import Event, Load, ResourceProgress, Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.load_pages import follow_count, load_page_url, press, show_load
from tests.support.loads import (
    create_loaded_source,
    run_pages,
    run_to_end,
    start_load,
)
from tests.support.staff_client import ensure_source, get_page, list_url, log_in_staff, page_url
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db
# More would mean that a row of a table makes one of its own.
MAX_QUERIES = 16


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def test_each_count_leads_to_exactly_its_events(client: Client, vendor: VendorServer) -> None:
    vendor.records.fill("deals", 3)
    source = create_loaded_source()
    first = run_to_end(start_load(source, "deals"))
    assert follow_count(client, source, "deals", "new") == set(Event.objects.values_list("pk", flat=True))
    before = set(Event.objects.values_list("pk", flat=True))
    changed = vendor.records.list_records("deals")[0]
    vendor.records.change("deals", changed["id"], title="Changed")
    vendor.records.add("deals", id={"no": "id"})
    vendor.records.fill("deals", 1)
    run_to_end(start_load(source, "deals"))
    listed = {
        kind: follow_count(client, source, "deals", kind) for kind in ("changed", "unchanged", "failed")
    }
    assert (len(listed["unchanged"]), listed["unchanged"] < before) == (2, True)
    assert len(listed["changed"]) == 1
    assert set(Event.objects.filter(status="failed").values_list("pk", flat=True)) == listed["failed"]
    assert not listed["changed"] & before
    assert "3 rows read" in show_load(client, source, load=first.pk)


def test_a_list_that_is_begun_again_counts_no_event_twice_as_the_same(
    client: Client, vendor: VendorServer
) -> None:
    vendor.records.fill("deals", 250)
    source = create_loaded_source()
    load = run_pages(start_load(source, "deals"), 1)
    for _ in range(2):
        ResourceProgress.objects.filter(load=load).update(cursor="", page=0, listing=F("listing") + 1)
        run_pages(load, 1)
    progress = ResourceProgress.objects.get(load=load)
    assert (progress.new, progress.unchanged) == (100, 100)
    # A page of the list of events has so many.
    assert len(follow_count(client, source, "deals", "unchanged")) == 50


def test_a_running_load_says_how_far_it_is_and_looks_again(client: Client, vendor: VendorServer) -> None:
    vendor.records.fill("deals", 250)
    source = create_loaded_source()
    run_pages(start_load(source, "deals", "leads"), 1)
    page = show_load(client, source)
    for said in (
        "running",
        "100 rows read",
        "a minute",
        "is being read",
        "waits for its turn",
        "looks again",
    ):
        assert said in page
    assert "await_outcome.js" in get_page(client, load_page_url(source))


def test_time_left_is_said_where_the_vendor_says_how_many_rows_there_are(
    client: Client, vendor: VendorServer
) -> None:
    vendor.records.fill("deals", 250)
    source = create_loaded_source()
    load = run_pages(start_load(source, "deals"), 1)
    assert "left." not in show_load(client, source)
    load.progress.update(expected=10**9)
    page = show_load(client, source)
    assert "100 of 1,000,000,000" in page
    assert "left." in page


def test_a_load_that_is_done_says_so_and_looks_no_more(client: Client, vendor: VendorServer) -> None:
    vendor.records.fill("leads", 2)
    source = create_loaded_source()
    run_to_end(start_load(source, "leads"))
    page = show_load(client, source)
    assert "The last page of each list was seen." in page
    assert "looks again" not in page
    assert Lead.objects.count() == 2


# Fault -> what the page says of the load after it.
FAULTS = {
    Fault.THROTTLED: ("paused until", "asks to wait (429)", "It goes on by itself."),
    Fault.UNAUTHORIZED: ("stopped", "refuses the key (401)", "Do what the reason says"),
    Fault.FORBIDDEN: ("stopped", "may not read this list (403)", "Do what the reason says"),
    Fault.HTML: ("stopped", "not JSON", "Do what the reason says"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_load_that_waits_or_has_stopped_says_why_and_what_to_do(
    client: Client, vendor: VendorServer, fault: Fault
) -> None:
    vendor.records.fill("deals", 250)
    source = create_loaded_source()
    load = start_load(source, "deals")
    vendor.api.faults.plan(fault, after=1)
    run_pages(load)
    page = show_load(client, source)
    for said in FAULTS[fault]:
        assert said in page


def test_a_load_that_staff_have_paused_says_who(client: Client, vendor: VendorServer) -> None:
    source = create_loaded_source()
    start_load(source, "deals")
    page = press(client, source, "pause")
    name = User.objects.get(pk=client.session["_auth_user_id"]).username
    assert f"Paused by {name}." in page
    assert "It waits until somebody resumes it." in page


def test_a_vendor_without_an_api_says_what_to_do_instead(client: Client) -> None:
    source = ensure_source("sub", "seedly")
    assert "import_records" in show_load(client, source)
    assert load_page_url(source) not in get_page(client, page_url(source))


def test_the_sources_page_leads_to_it(client: Client) -> None:
    source = create_loaded_source()
    assert load_page_url(source) in get_page(client, page_url(source))


def test_a_source_without_a_key_says_that_it_needs_one(client: Client) -> None:
    page = show_load(client, ensure_source())
    assert "a load needs the key" in page
    assert "Start the load" not in page


def test_an_inactive_source_says_that_a_load_waits(client: Client) -> None:
    source = create_loaded_source()
    Source.objects.update(active=False)
    assert "This source is inactive." in show_load(client, source)


def test_another_address_is_said(client: Client, vendor: VendorServer) -> None:
    page = show_load(client, create_loaded_source())
    assert vendor.url in page
    assert "as the setting VENDOR_API_ADDRESSES says" in page


def test_a_load_of_another_source_is_not_shown(client: Client, vendor: VendorServer) -> None:
    load = start_load(create_loaded_source(), "deals")
    other = load_page_url(ensure_source("other"))
    for number in (load.pk, load.pk + 1, "x"):
        assert client.get(other, {"load": number}).status_code == 404
    assert client.get(other, {"nonsense": 1}).status_code == 400


def test_only_those_who_see_the_whole_source_see_its_loads(vendor: VendorServer) -> None:
    source, other = create_loaded_source(), ensure_source("other")
    start_load(source, "deals")
    whole, part, elsewhere = (create_member("Operator") for _ in range(3))
    assert "deals" in show_load(log_in(limit(whole, source)), source)
    assert log_in(limit(part, source, "s1")).get(load_page_url(source)).status_code == 403
    assert load_page_url(source) not in get_page(log_in(part), page_url(source))
    assert log_in(limit(elsewhere, other)).get(load_page_url(source)).status_code in (403, 404)
    assert log_in(create_member("Viewer")).get(load_page_url(source)).status_code == 403


def test_the_events_of_a_load_are_listed_to_those_who_see_its_source(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 2)
    load = run_to_end(start_load(create_loaded_source(), "deals"))
    address = page_url(Event.objects.order_by("id")[0])
    for source, is_listed in ((load.source, True), (ensure_source("other"), False)):
        member = limit(create_member("Operator"), source)
        assert (address in get_page(log_in(member), list_url(Event), load=load.pk)) == is_listed


def test_those_who_only_view_have_no_form(vendor: VendorServer) -> None:
    source = create_loaded_source()
    start_load(source, "deals")
    page = get_page(log_in_staff("view_source"), load_page_url(source))
    assert "deals" in page
    assert f'action="{load_page_url(source)}' not in page


def test_the_number_of_queries_does_not_grow(client: Client, vendor: VendorServer) -> None:
    source = create_loaded_source()
    for name in ("deals", "leads"):
        vendor.records.fill(name, 3)
        run_to_end(start_load(source, name))
    few = _count_queries(client, source)
    for _ in range(3):
        run_to_end(start_load(source))
    assert _count_queries(client, source) == few <= MAX_QUERIES


def _count_queries(client: Client, source: Source) -> int:
    with CaptureQueriesContext(connection) as queries:
        show_load(client, source)
    return len(queries)


def test_a_load_that_is_resumed_goes_on_where_it_was(client: Client, vendor: VendorServer) -> None:
    vendor.records.fill("deals", 250)
    source = create_loaded_source()
    load = run_pages(start_load(source, "deals"), 1)
    press(client, source, "pause")
    assert run_pages(load).state == Load.State.PAUSED
    assert "goes on." in press(client, source, "resume")
    assert run_to_end(load).state == Load.State.DONE
    assert vendor.log.repeated_pages() == {}
    assert load_states.due_loads().count() == 0

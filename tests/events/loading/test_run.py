"""A load, page by page, against the vendor's server of the tests."""

import pytest

from entities.models import Lead
from events.models import Event, Load
from tests.support.loads import (
    create_loaded_source,
    progress_of,
    run_pages,
    run_to_end,
    start_load,
)
from tests.support.vendor_api.faults import Cursors, Fault
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db


def test_a_load_stores_every_row_of_every_page_and_is_done_after_the_last(vendor: VendorServer) -> None:
    vendor.records.fill("leads", 250)
    load = start_load(create_loaded_source(), "leads")
    assert run_pages(load, 2).state == Load.State.RUNNING
    load = run_to_end(load)
    assert (load.state, load.reason) == (Load.State.DONE, "")
    assert Lead.objects.count() == 250
    progress = progress_of(load, "leads")
    assert (progress.new, progress.changed, progress.failed, progress.page) == (250, 0, 0, 3)
    assert vendor.log.repeated_pages() == {}


def test_all_lists_are_loaded(vendor: VendorServer) -> None:
    for name in ("leads", "companies", "contacts", "deals", "quotations", "tasks"):
        vendor.records.fill(name, 3)
    load = run_to_end(start_load(create_loaded_source()))
    assert (load.state, load.reason) == (Load.State.DONE, "")
    assert not Event.objects.exclude(status=Event.Status.APPLIED).exists()
    assert all(progress.new == 3 for progress in load.progress.all())


def test_a_second_load_finds_rows_with_a_time_of_change_unchanged(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 3)
    source = create_loaded_source()
    run_to_end(start_load(source, "deals"))
    load = run_to_end(start_load(source, "deals"))
    assert progress_of(load, "deals").unchanged == 3
    assert Event.objects.count() == 3


def test_a_refused_cursor_begins_the_list_again(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 250)
    load = start_load(create_loaded_source(), "deals")
    run_pages(load, 1)
    vendor.api.expire_cursors()
    load = run_to_end(load)
    assert load.state == Load.State.DONE
    progress = progress_of(load, "deals")
    assert (progress.new, progress.unchanged, progress.listing) == (250, 100, 1)
    assert Event.objects.count() == 250


@pytest.mark.parametrize("cursors", [Cursors.REPEATED, Cursors.ENDLESS])
def test_a_list_that_repeats_itself_stops_with_a_reason(vendor: VendorServer, cursors: Cursors) -> None:
    vendor.records.fill("deals", 250)
    vendor.switches.cursors = cursors
    load = run_to_end(start_load(create_loaded_source(), "deals"))
    assert load.state == Load.State.STOPPED
    assert "repeats itself" in progress_of(load, "deals").reason
    assert len(vendor.log.requests) <= 4


# Fault -> the state of the load, and words of the reason, which is the load's or the list's.
FAULTS = {
    Fault.THROTTLED: (Load.State.PAUSED, "asks to wait (429): Rate limit exceeded"),
    Fault.SERVER_ERROR: (Load.State.PAUSED, "an error of its own (500)"),
    Fault.UNAUTHORIZED: (Load.State.STOPPED, "refuses the key (401)"),
    Fault.FORBIDDEN: (Load.State.STOPPED, "may not read this list (403)"),
    Fault.HTML: (Load.State.STOPPED, "not JSON; it says that it is 'text/html'"),
    Fault.NO_JSON: (Load.State.STOPPED, "not JSON"),
    Fault.HUGE: (Load.State.STOPPED, "more than 20 MB"),
    Fault.HANGS_UP: (Load.State.PAUSED, "No answer from 127.0.0.1"),
    Fault.UNKNOWN_SHAPE: (Load.State.STOPPED, "an object with the keys 'results', 'paging'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_pauses_or_stops_with_one_line_and_nothing_half_done(
    vendor: VendorServer, fault: Fault
) -> None:
    vendor.records.fill("deals", 250)
    load = start_load(create_loaded_source(), "deals")
    vendor.api.faults.plan(fault, after=1)
    load = run_pages(load)
    state, words = FAULTS[fault]
    reason = load.reason + progress_of(load, "deals").reason
    assert (load.state, words in reason) == (state, True), reason
    assert "\n" not in reason
    assert "Jane" not in reason
    assert Event.objects.count() == 100
    assert (load.resume_at is not None) == (state == Load.State.PAUSED)


def test_after_a_fault_that_passes_the_load_goes_on_where_it_was(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 250)
    load = start_load(create_loaded_source(), "deals")
    for after, fault in enumerate((Fault.SERVER_ERROR, Fault.HANGS_UP, Fault.THROTTLED)):
        vendor.api.faults.plan(fault, after=after)
    assert run_to_end(load).state == Load.State.DONE
    assert Event.objects.count() == 250
    # The answer that was cut is the only one that was asked for again.
    assert vendor.log.repeated_pages() == {("/api/v2/deals", ""): 2}


def test_bad_rows_are_failed_and_the_page_goes_on(vendor: VendorServer) -> None:
    vendor.records.fill("leads", 2)
    vendor.records.add("leads", id={"no": "id"})
    load = run_to_end(start_load(create_loaded_source(), "leads"))
    assert load.state == Load.State.DONE
    assert progress_of(load, "leads").failed == 1
    assert Event.objects.filter(status=Event.Status.FAILED).count() == 1

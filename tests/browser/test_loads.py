"""The page about loads in a real browser: its states, and how it shows by itself what becomes of a load."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from events.models import Load, Source
from events.sources.api_keys import set_api_key
from tests.support.accessibility import LOOKS, collect_faults
from tests.support.browser_visit import Visit
from tests.support.load_pages import load_page_url
from tests.support.loads import ACTOR, create_loaded_source, run_pages, run_to_end, serve_vendor, start_load
from tests.support.staff_client import ensure_source
from tests.support.vendor_api.api import API_KEY
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 120_000


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with serve_vendor() as server:
        server.records.fill("deals", 250)
        server.records.fill("leads", 2)
        yield server


def test_the_page_has_no_grave_fault_in_any_state(visit: Visit, vendor: VendorServer) -> None:
    source = ensure_source()
    address = load_page_url(source)
    faults = collect_faults(visit, address, LOOKS)
    set_api_key(source, "wrong", ACTOR)
    faults |= collect_faults(visit, address, LOOKS[:2])
    load = run_pages(start_load(source, "deals", "leads"))
    assert load.state == Load.State.STOPPED
    faults |= collect_faults(visit, address, LOOKS)
    Load.objects.update(state=Load.State.DONE)
    set_api_key(source, API_KEY, ACTOR)
    run_pages(start_load(source, "deals", "leads"), 1)
    faults |= collect_faults(visit, address, LOOKS)
    assert faults == {}


def test_the_page_shows_by_itself_what_becomes_of_a_load(visit: Visit, vendor: VendorServer) -> None:
    source = create_loaded_source()
    load = run_pages(start_load(source, "deals", "leads"), 1)
    visit.goto(load_page_url(source))
    progress = visit.page.locator("[data-live=progress]")
    expect(progress).to_contain_text("100 rows read")
    vendor.api.faults.plan(Fault.THROTTLED)
    run_pages(load)
    expect(progress).to_contain_text("asks to wait (429)", timeout=PATIENCE)
    run_to_end(load)
    expect(progress).to_contain_text("The last page of each list was seen.", timeout=PATIENCE)
    expect(visit.page.locator("[data-live=start]")).to_contain_text("Changed since", timeout=PATIENCE)
    assert visit.page.inner_text("[data-live=looks]").strip() == ""
    assert visit.complaints == []


def test_without_javascript_the_page_shows_it_too(
    visit: Visit, vendor: VendorServer, chromium: Browser, live_server: LiveServer
) -> None:
    source = create_loaded_source()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live_server.url + load_page_url(source))
    page.get_by_label("Take the ids of the API").check()
    page.get_by_role("button", name="Start the load").click()
    page.wait_for_selector("text=waits for its turn")
    run_to_end(Load.objects.get())
    page.wait_for_selector("text=The last page of each list was seen.", timeout=PATIENCE)
    assert Source.objects.get().loads.get().state == Load.State.DONE
    context.close()

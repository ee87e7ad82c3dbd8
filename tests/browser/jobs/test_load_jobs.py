"""A new source is loaded from its vendor in the admin, by mouse and by keyboard, as a new user would."""

import re

import pytest
from playwright.sync_api import expect

from entities.models import Lead, TimelineEntry
from tests.support.hands import Mouse
from tests.support.known_person import KnownPerson
from tests.support.loads import load_elsewhere, serve_vendor
from tests.support.staff_client import page_url
from tests.support.vendor_api.api import API_KEY

pytestmark = pytest.mark.django_db

# The test waits for what the page shows, on a machine that may be busy.
PATIENCE = 120_000


def press(hand: Mouse, name: str) -> None:
    """Press a button that leads to another page."""
    with hand.page.expect_navigation():
        hand.activate(hand.page.get_by_role("button", name=name, exact=True))


def test_an_empty_source_is_loaded_and_a_record_names_its_origin(hand: Mouse, person: KnownPerson) -> None:
    slug = f"loaded-{type(hand).__name__}".lower()
    with serve_vendor() as vendor:
        for name in ("leads", "companies", "contacts", "deals"):
            vendor.records.fill(name, 3)
        hand.open("/admin/events/source/add/")
        hand.write(hand.page.get_by_label("Slug:"), slug)
        hand.choose(hand.page.get_by_label("Vendor:"), "Heffl")
        press(hand, "Save")
        with hand.page.expect_navigation():
            hand.activate(hand.page.get_by_role("link", name="Load what was there before"))
        hand.write(hand.page.get_by_label("API key:"), API_KEY)
        press(hand, "Store the key")
        expect(hand.page.locator("#key")).to_contain_text("A key is stored")
        hand.activate(hand.page.get_by_label("Take the ids of the API").first)
        press(hand, "Start the load")
        load_elsewhere()
        # The page says so by itself.
        progress = hand.page.locator("[data-live=progress]")
        expect(progress).to_contain_text("The last page of each list was seen.", timeout=PATIENCE)
        leads = progress.get_by_role("row", name=re.compile("^leads"))
        expect(leads.get_by_role("link")).to_have_text("3")
        with hand.page.expect_navigation():
            hand.activate(leads.get_by_role("link"))
    rows = hand.page.locator("#result_list tbody tr")
    expect(rows).to_have_count(3)
    event = rows.first.get_by_role("link").first.inner_text()
    lead = Lead.objects.get(pk=TimelineEntry.objects.get(event=int(event), record_type="lead").record_id)
    assert lead.source.slug == slug
    hand.open(f"{page_url(lead).replace('change', 'value')}?field=name")
    origin = hand.page.get_by_role("link", name="fetched.leads", exact=True)
    expect(origin).to_have_attribute("href", f"/admin/events/event/{event}/change/")

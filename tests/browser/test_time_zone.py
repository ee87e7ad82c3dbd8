"""The browser's time zone is offered once, under the content security policy."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from entities.models import Deal, UserProfile
from tests.support.browser_visit import Visit
from tests.support.staff_client import create_staff_user, list_url

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = 390
OFFER = "#time-zone-offer"
Visitor = Callable[[str], Visit]


@pytest.fixture
def visit_from(chromium: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    """Return a function that opens a tab of a new member of staff whose browser is in a time zone."""
    contexts = []

    def open_tab(zone: str) -> Visit:
        context = chromium.new_context(timezone_id=zone)
        contexts.append(context)
        client = Client()
        client.force_login(create_staff_user())
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        return Visit(context.new_page(), live_server.url)

    yield open_tab
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("button", "stored", "clock"),
    [("Show times in mine", "Asia/Dubai", "Dubai time"), ("Keep UTC", "", "UTC")],
)
def test_the_browsers_zone_is_offered_and_the_answer_is_kept(
    visit_from: Visitor, button: str, stored: str, clock: str
) -> None:
    visit = visit_from("Asia/Dubai")
    address = f"{list_url(Deal)}?state=all"
    visit.goto(address)
    assert "Your browser's time zone is Asia/Dubai." in visit.page.inner_text(OFFER)
    visit.page.click(f"text={button}")
    assert visit.page.url == visit.base + address
    assert (visit.page.text_content(".clock") or "").startswith(clock)
    assert visit.page.locator(OFFER).count() == 0
    assert UserProfile.objects.get().time_zone == stored
    assert visit.complaints == []


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Asia/Kolkata", "Asia/Calcutta"])
def test_nothing_is_offered_to_a_browser_in_the_zone_of_the_page(
    visit_from: Visitor, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_zone = "UTC" if "UTC" in zone else "Asia/Kolkata"
    monkeypatch.setattr(settings, "DISPLAY_TIME_ZONE", page_zone)
    visit = visit_from(zone)
    visit.goto("/admin/")
    assert visit.page.locator(OFFER).count() == 1
    assert not visit.page.is_visible(OFFER)
    assert visit.complaints == []


def test_a_zone_is_chosen_from_the_header_by_typing_its_place(visit_from: Visitor) -> None:
    visit = visit_from("UTC")
    visit.page.set_viewport_size({"width": NARROW, "height": 800})
    visit.goto(f"{list_url(Deal)}?state=all")
    visit.page.click(".clock")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= NARROW
    visit.page.focus("#id_time_zone")
    visit.page.keyboard.type("Duba")
    visit.page.click("[type=submit][value=Save]")
    assert visit.page.url == f"{visit.base}{list_url(Deal)}?state=all"
    assert (visit.page.text_content(".clock") or "").startswith("Dubai time")
    assert UserProfile.objects.get().user == User.objects.get()
    assert visit.complaints == []

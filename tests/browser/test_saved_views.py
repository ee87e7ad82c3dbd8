"""Saved views and the agenda in a real browser: by clicks, by keyboard, and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from entities.models import Appointment, Deal, SavedView, Task
from tests.support.api_client import create_record
from tests.support.browser_visit import Visit
from tests.support.staff_client import list_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plain_page(visit: Visit, chromium: Browser, live_server: LiveServer) -> Page:
    """Return a tab of the same user without JavaScript."""
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    return context.new_page()


def test_a_view_is_saved_and_shared_in_two_clicks(visit: Visit) -> None:
    create_record(Deal, title="Rollout", status="open")
    visit.goto(f"{list_url(Deal)}?status=open")
    visit.page.click(".save-view > summary")
    visit.page.fill(".save-view [name=name]", "Open deals")
    visit.page.select_option(".save-view [name=audience]", "all")
    visit.page.click(".save-view [type=submit]")
    assert visit.page.url == f"{visit.base}{list_url(Deal)}?status=open"
    assert visit.page.locator(".saved-views [aria-current]").inner_text() == "Open deals"
    assert visit.page.locator(".site-nav [aria-current]").inner_text() == "Open deals"
    assert SavedView.objects.get().is_for_all
    assert visit.complaints == []


def test_a_view_is_saved_by_keyboard_alone(visit: Visit) -> None:
    visit.goto(f"{list_url(Deal)}?status=open")
    visit.page.locator(".save-view > summary").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("By keys")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("text=is saved")
    assert SavedView.objects.get().name == "By keys"


def test_without_javascript_a_view_is_saved_renamed_and_deleted(plain_page: Page, visit: Visit) -> None:
    plain_page.goto(f"{visit.base}{list_url(Deal)}?status=open")
    plain_page.click(".save-view > summary")
    plain_page.fill(".save-view [name=name]", "Plain")
    plain_page.click(".save-view [type=submit]")
    plain_page.click(".site-nav >> text=All my views")
    plain_page.fill(".view-form [name=name]", "Plainer")
    plain_page.click(".view-form [value=change]")
    assert SavedView.objects.get().name == "Plainer"
    plain_page.click(".views details > summary")
    plain_page.click(".views [value=delete]")
    assert not SavedView.objects.exists()
    plain_page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_due_today_and_overdue_is_one_click_away(visit: Visit, width: int) -> None:
    now = timezone.now()
    create_record(Task, title="Late one", due_at=now - timedelta(days=2))
    create_record(Appointment, title="Site visit", starts_at=now)
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.goto("/admin/")
    visit.page.click("text=Overdue tasks")
    assert visit.page.locator("h1").inner_text() == "Agenda"
    assert visit.page.get_by_text("Late one").first.is_visible()
    assert visit.page.get_by_text("Site visit").is_visible()
    for span in ("Week", "Month"):
        visit.page.get_by_role("link", name=span, exact=True).click()
        visit.page.wait_for_selector(f"[aria-current]:text-is('{span}')")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert visit.complaints == []

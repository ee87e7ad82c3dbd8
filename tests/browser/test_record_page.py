"""A record's page in a real browser: what opens in place, with JavaScript and without."""

import pytest
from playwright.sync_api import Browser

from entities.models import Deal
from tests.support.browser_visit import Visit
from tests.support.staff_client import page_url, store_and_apply

pytestmark = pytest.mark.django_db(transaction=True)

DEAL = {"id": "dl_1", "title": "Licence"}


def store_two_stages() -> Deal:
    store_and_apply("deal.created", DEAL | {"stage": "Proposal"})
    store_and_apply("deal.updated", DEAL | {"stage": "Signature"}, at="2025-01-16T14:30:00Z")
    return Deal.objects.get()


def test_one_click_on_a_value_shows_what_it_was_and_a_second_one_hides_it(visit: Visit) -> None:
    visit.goto(page_url(store_two_stages()))
    address = visit.page.url
    row = visit.page.locator(".fields tr", has_text="Stage name").first
    row.locator("a.why").click()
    history = row.locator(".former-values table")
    history.wait_for()
    assert "Proposal" in history.inner_text()
    assert "deal.updated" in history.inner_text()
    row.locator("a.why").click()
    assert not history.is_visible()
    assert visit.page.url == address
    assert visit.complaints == []


def test_without_javascript_the_click_leads_to_the_values_page(visit: Visit, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    plain = Visit(context.new_page(), visit.base)
    plain.goto(page_url(store_two_stages()))
    plain.page.locator(".fields tr", has_text="Stage name").first.locator("a.why").click()
    assert plain.page.inner_text("h1") == "Stage name"
    assert "Proposal" in plain.page.inner_text(".past")
    context.close()

"""The frame of the admin's pages in a real browser: navigation, search, the user's menu."""

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.support.browser_visit import Visit

pytestmark = pytest.mark.django_db(transaction=True)


def focused_id(visit: Visit) -> str:
    return visit.page.evaluate("document.activeElement.id")


def test_on_a_phone_the_navigation_is_behind_a_menu_in_the_header(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    visit.goto("/admin/entities/task/")
    deals = visit.page.get_by_role("link", name="Deals", exact=True)
    assert deals.count() == 0
    visit.page.click(".site-menu > summary")
    deals.click()
    assert visit.page.url == f"{visit.base}/admin/entities/deal/"
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert visit.complaints == []


@pytest.mark.parametrize("width", [1280, 1920])
def test_on_a_screen_the_navigation_stands_beside_every_page(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    for address in ("/admin/", "/admin/entities/deal/", "/admin/auth/user/add/"):
        visit.goto(address)
        assert visit.page.get_by_role("navigation", name="Navigation").get_by_text("Deals").is_visible()
        assert not visit.page.locator(".site-menu").is_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert visit.complaints == []


def test_without_javascript_the_navigation_and_the_users_menu_work(
    visit: Visit, chromium: Browser, live_server: LiveServer
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.click(".site-nav >> text=Deals")
    assert page.url == f"{live_server.url}/admin/entities/deal/"
    page.click(".user-menu > summary")
    page.click(".user-menu >> text=API tokens")
    assert page.url == f"{live_server.url}/admin/entities/apitoken/"
    context.close()


def test_the_slash_key_goes_to_the_search_unless_it_is_typed_into_a_field(visit: Visit) -> None:
    visit.goto("/admin/entities/deal/")
    visit.page.keyboard.press("/")
    assert focused_id(visit) == "site-search"
    visit.page.keyboard.type("a/b")
    assert visit.page.input_value("#site-search") == "a/b"
    visit.page.focus("#searchbar")
    visit.page.keyboard.type("1/2")
    assert visit.page.input_value("#searchbar") == "1/2"
    assert visit.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_search_is_reached_within_three_tabs(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    for address in ("/admin/", "/admin/entities/deal/"):
        visit.goto(address)
        for _ in range(3):
            visit.page.keyboard.press("Tab")
        assert focused_id(visit) == "site-search", address


def test_the_users_menu_leads_to_his_own_pages_and_logs_him_out(visit: Visit) -> None:
    visit.goto("/admin/entities/deal/")
    visit.page.click(".user-menu > summary")
    assert visit.page.locator(".user-menu a").all_inner_texts() == ["Time zone", "API tokens"]
    visit.page.click("text=Log out")
    assert visit.page.inner_text("h1") == "Logged out"
    assert visit.complaints == []

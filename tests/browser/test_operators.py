"""The operators' pages in a real browser: what becomes of an event that is applied again shows by itself."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from events.models import Event
from events.processing.drain import drain_backlog
from tests.support.accessibility import LOOKS, collect_faults
from tests.support.browser_visit import Visit
from tests.support.failing_events import apply_again_url, failed_page_url, store_event_without_id
from tests.support.hostile_events import store_hostile_events
from tests.support.staff_client import page_url

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failed_event_is_found_and_replayed_and_its_result_shows_by_itself(visit: Visit) -> None:
    event = store_event_without_id("x")
    visit.goto(failed_page_url())
    visit.page.click(f".reasons td a:text-is('{event.pk}')")
    visit.page.click("[value='Apply again']")
    status = visit.page.locator("[data-live=status]")
    assert status.inner_text() == "pending"
    drain_backlog()
    expect(status).to_have_text("failed")
    assert "Reason:" in visit.page.inner_text("[data-live=outcome]")
    assert visit.page.inner_text("[data-live=looks]").strip() == ""
    assert visit.complaints == []


def test_a_page_that_waits_in_vain_says_that_it_has_stopped(visit: Visit) -> None:
    store_event_without_id("x")
    visit.goto(apply_again_url(status="failed"))
    visit.page.click("[type=submit][value='Apply again']")
    visit.page.wait_for_url("**/applied-again/**")
    visit.goto(visit.page.url.removeprefix(visit.base).replace("look=1", "look=30"))
    visit.page.wait_for_selector("text=This page has stopped looking after 60 s.")
    assert not visit.page.is_visible("[data-while-looking]")
    visit.page.click("text=Look again")
    assert visit.page.url.endswith("look=1")
    assert visit.complaints == []


def test_without_javascript_the_result_shows_by_itself(
    visit: Visit, chromium: Browser, live_server: LiveServer
) -> None:
    event = store_event_without_id("x")
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live_server.url + page_url(event))
    page.click("[value='Apply again']")
    assert page.inner_text("[data-live=status]") == "pending"
    drain_backlog()
    page.wait_for_url("**?look=2")
    assert page.inner_text("[data-live=status]") == "failed"
    assert Event.objects.get().reapplied_at is not None
    context.close()


@pytest.mark.prove
def test_the_operators_pages_bear_odd_events_in_every_look(visit: Visit) -> None:
    events = store_hostile_events()
    source = next(iter(events.values())).source
    addresses = (
        *("/admin/events/event/", failed_page_url(), "/admin/events/event/drift/", "/admin/events/refusal/"),
        *(page_url(event) for event in events.values()),
        *(page_url(source), "/admin/"),
    )
    faults: dict[str, list[str]] = {}
    for address in addresses:
        faults |= collect_faults(visit, address, LOOKS[:2])
        assert visit.page.title() != "owned", address
    assert not faults, "\n".join(f"{where}: {texts}" for where, texts in faults.items())

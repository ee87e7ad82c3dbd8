"""The admin in a real browser: no page violates the Content-Security-Policy, and its buttons work."""

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator
from pytest_django.live_server_helper import LiveServer

from entities.models import AuditEntry, Deal, Lead
from events.models import Event, Refusal, Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.browser_visit import Visit
from tests.support.staff_client import list_url, page_url, store_and_apply

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def test_the_staff_sign_in(chromium: Browser, live_server: LiveServer) -> None:
    User.objects.create_superuser("ann", password="secret")
    visit = Visit(chromium.new_page(), live_server.url)
    visit.goto("/")
    visit.page.fill("#id_username", "ann")
    visit.page.fill("#id_password", "secret")
    visit.page.click("[type=submit]")
    assert visit.page.inner_text("h1") == "Home"
    assert visit.complaints == []
    visit.page.close()


def test_no_page_breaks_the_policy_or_runs_what_a_vendor_wrote(visit: Visit) -> None:
    event = store_and_apply(
        "deal.created", {"id": "dl_1", "title": HOSTILE, HOSTILE: {HOSTILE: HOSTILE}, "stage": HOSTILE}
    )
    deal = Deal.objects.get()
    paths = [
        "/admin/",
        "/admin/entities/",
        list_url(Deal),
        page_url(deal),
        page_url(deal).replace("change", "timeline"),
        "/admin/conversations/",
        list_url(Event),
        page_url(event),
        list_url(Source),
        page_url(event.source),
        page_url(event.source).replace("change", "rotate"),
        list_url(Refusal),
        list_url(AuditEntry),
        "/admin/events/source/add/",
        "/admin/auth/user/add/",
        page_url(User.objects.get()),
        "/admin/password_change/",
    ]
    for path in paths:
        visit.goto(path)
        assert visit.complaints == [], path
        assert visit.page.title() != "owned"
        assert visit.page.locator("h1").first.is_visible()


def test_the_policy_is_on_every_page_and_allows_nothing_inline(visit: Visit) -> None:
    response = visit.page.goto(visit.base + "/admin/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    visit.page.evaluate("document.body.setAttribute('onclick', 'document.title = \"owned\"')")
    visit.page.click("h1")
    assert visit.page.title() != "owned"
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)


def test_a_new_sources_secret_is_copied_with_a_button(visit: Visit) -> None:
    visit.goto("/admin/events/source/add/")
    visit.page.fill("#id_slug", "acme")
    visit.page.select_option("#id_vendor", "heffl")
    visit.page.click("[name=_save]")
    visit.page.click("button[data-copy=secret]")
    visit.page.wait_for_selector("text=Copied")
    clipboard = visit.page.evaluate("navigator.clipboard.readText()")
    assert clipboard == visit.page.inner_text("#secret")
    assert clipboard.startswith("whsec_")
    assert visit.complaints == []


def test_a_rotated_secret_is_copied_with_a_button_and_the_old_one_ended(visit: Visit) -> None:
    source, _ = create_source("acme", "heffl")
    visit.goto(page_url(source))
    visit.page.click("text=Rotate the secret")
    visit.page.click("[type=submit][value='Create the new secret']")
    visit.page.click("button[data-copy=secret]")
    visit.page.wait_for_selector("text=Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == visit.page.inner_text("#secret")
    visit.page.click("text=Go on to the source")
    visit.page.locator("text=End now").last.click()
    assert "has ended" in visit.page.inner_text(".messagelist")
    assert visit.page.locator("text=End now").count() == 1
    assert visit.complaints == []


def test_an_event_is_applied_again_from_its_page_and_from_the_list(visit: Visit) -> None:
    event = store_and_apply("deal.created", {"title": "no id"})
    visit.goto(page_url(event))
    visit.page.click("[value='Apply again']")
    assert "is pending again" in visit.page.inner_text(".messagelist")
    assert Event.objects.get().status == "pending"
    drain_backlog()
    visit.goto(list_url(Event))
    visit.page.check("#action-toggle")
    visit.page.select_option("[name=action]", "apply_selected_again")
    visit.page.click("button[name=index]")
    assert "1 event is pending again." in visit.page.inner_text(".messagelist")
    assert visit.complaints == []


def test_all_events_of_a_list_are_applied_again_after_a_page_that_counts_and_asks(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.get_model_admin(Event), "list_per_page", 2)
    for number in range(3):
        store_and_apply("deal.created", {"title": f"no id {number}"})
    store_and_apply("deal.created", {"id": "dl_1", "title": "Deal"})
    visit.goto(list_url(Event) + "?status=failed")
    visit.page.check("#action-toggle")
    visit.page.click("text=Select all 3 events")
    assert "All 3 selected" in visit.page.inner_text(".actions")
    visit.page.select_option("[name=action]", "apply_selected_again")
    visit.page.click("button[name=index]")
    assert "This will apply 3 events again." in visit.page.inner_text("#content")
    visit.page.click("[type=submit][value='Apply again']")
    assert "3 events are pending again." in visit.page.inner_text(".messagelist")
    assert Event.objects.filter(status="pending").count() == 3
    assert visit.complaints == []


def test_a_record_is_searched_by_a_phrase_and_by_its_phone_number(visit: Visit) -> None:
    for key, name, mobile in (
        ("ld_1", "Jane Smith of Acme", "(050) 765-4321"),
        ("ld_2", "Smith, Jane", "+971 4 111 2233"),
    ):
        store_and_apply("lead.created", {"id": key, "name": name, "mobile": mobile})
    visit.goto(list_url(Lead))
    for term in ('"Jane Smith"', "00971 50-765 4321"):
        visit.page.fill("#searchbar", term)
        visit.page.press("#searchbar", "Enter")
        visit.page.wait_for_url("**?q=*")
        assert visit.page.locator("#result_list tbody th").all_inner_texts() == ["Jane Smith of Acme"], term
        assert visit.page.input_value("#searchbar") == term
    assert visit.complaints == []


def test_an_old_login_form_leads_on_and_an_old_page_asks_to_try_again(visit: Visit) -> None:
    User.objects.create_superuser("ann", password="secret")
    visit.page.context.clear_cookies()
    visit.goto("/admin/entities/deal/")
    other = Visit(visit.page.context.new_page(), visit.base)
    other.goto("/admin/")
    for tab in (other, visit):
        tab.page.fill("#id_username", "ann")
        tab.page.fill("#id_password", "secret")
        tab.page.click("[type=submit]")
    assert visit.page.url == f"{visit.base}/admin/entities/deal/"
    visit.goto("/admin/auth/group/add/")
    other.page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    other.goto("/admin/auth/group/add/")
    visit.page.fill("#id_name", "analysts")
    visit.page.click("[name=_save]")
    assert visit.page.inner_text("h1") == "The form could not be accepted"
    visit.page.click("text=Try again")
    assert visit.page.url == f"{visit.base}/admin/auth/group/add/"
    assert [complaint for complaint in visit.complaints if "403" not in complaint] == []


@pytest.mark.parametrize("width", [1920, 1280, 1024, 768, 420])
def test_a_records_page_is_legible_at_any_width(visit: Visit, width: int) -> None:
    store_and_apply(
        "deal.created", {"id": "dl_1", "title": "Enterprise License", "stage": "Proposal", "vendorKey": 1}
    )
    store_and_apply(
        "deal.updated", {"id": "dl_1", "title": "W" * 90, "status": "WON"}, "2025-02-15T10:30:00Z"
    )
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.goto(page_url(Deal.objects.get()))
    label = visit.page.locator(".fields th", has_text="Stage name")
    value = visit.page.locator(".fields td .text", has_text="Proposal").first
    assert is_one_line(label)
    assert is_one_line(value)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def is_one_line(element: Locator) -> bool:
    """Return True if a few words stand side by side, not one letter below the other."""
    box = element.bounding_box()
    return box is not None and box["height"] < box["width"]


def test_a_very_long_word_leaves_room_for_the_other_columns_of_a_list(visit: Visit) -> None:
    store_and_apply("deal.created", {"id": "dl_1", "title": "W" * 90, "status": "WON"})
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    visit.goto(list_url(Deal))
    title = visit.page.locator("#result_list tbody th").bounding_box()
    assert title is not None
    assert title["width"] < 300


def test_a_long_value_unfolds(visit: Visit) -> None:
    store_and_apply("deal.created", {"id": "dl_1", "title": "Deal", "lostReason": "word " * 500})
    visit.goto(page_url(Deal.objects.get()))
    full_text = visit.page.locator("details.long .text").first
    assert not full_text.is_visible()
    visit.page.locator("details.long summary").first.click()
    assert full_text.is_visible()

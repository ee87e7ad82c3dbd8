"""A record's page in a real browser: what opens in place, with JavaScript and without."""

import pytest
from playwright.sync_api import Browser

from entities.models import Contact, Deal, Invoice
from tests.support.browser_visit import Visit
from tests.support.related_records import create_person_with
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


def test_the_timeline_is_narrowed_and_continued_in_place(visit: Visit) -> None:
    visit.goto(page_url(create_person_with(100)))
    rows = visit.page.locator("#timeline .entries tbody tr")
    count = rows.count()
    visit.page.locator("#timeline >> text=older").click()
    rows.nth(count).wait_for()
    visit.page.locator("#timeline >> text=tasks").click()
    visit.page.wait_for_selector("#timeline a[aria-current]:has-text('tasks')")
    assert all(sentence.startswith("Task") for sentence in visit.page.locator(".sentence").all_inner_texts())
    assert visit.page.evaluate("document.activeElement.innerText") == "tasks"
    assert "/change/" in visit.page.url
    assert visit.complaints == []


def test_a_phone_is_copied_with_a_button(visit: Visit) -> None:
    visit.goto(page_url(create_person_with(10)))
    visit.page.click("text=Copy phone")
    visit.page.wait_for_selector("text=Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == Contact.objects.earliest("pk").phone
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("width", "order"),
    [
        (390, ["related-column", "timeline", "facts-column"]),
        (1280, ["timeline", "facts-column", "related-column"]),
        (1920, ["facts-column", "timeline", "related-column"]),
    ],
)
def test_the_columns_of_a_page_fit_its_width(visit: Visit, width: int, order: list[str]) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.goto(page_url(create_person_with(50)))
    boxes = {
        name: visit.page.locator(f".record-columns > .{name}").bounding_box()
        for name in ("related-column", "timeline", "facts-column")
    }
    assert None not in boxes.values()
    by_place = sorted(boxes, key=lambda name: (boxes[name]["x"], boxes[name]["y"]))  # type: ignore[index]
    assert by_place == order
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_long_status_makes_no_page_wider_than_a_phone(visit: Visit) -> None:
    store_and_apply("invoice.created", {"id": "in_1", "number": "7", "status": "\U0001f600" * 80})
    visit.page.set_viewport_size({"width": 390, "height": 800})
    visit.goto(page_url(Invoice.objects.get()))
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_longer_than_six_screens_whatever_a_vendor_says(visit: Visit, width: int) -> None:
    arabic = "\u0646\u0635 \u0639\u0631\u0628\u064a " * 60
    fields = {f"Field {number}": "v" * 200 if number % 3 else list(range(30)) for number in range(200)}
    store_and_apply(
        "deal.created",
        DEAL
        | {"title": "W" * 10_000, "stage": arabic, "lostReason": arabic, "customFields": fields}
        | {f"other{number}": "text " * 40 for number in range(100)},
    )
    large = {f"key{number}": "z" * 700 for number in range(1_100)}
    store_and_apply("deal.updated", DEAL | {"title": arabic, "large": large}, at="2025-01-16T10:30:00Z")
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.goto(page_url(Deal.objects.get()))
    assert visit.page.evaluate("document.documentElement.scrollHeight") <= 6 * 800
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert visit.complaints == []

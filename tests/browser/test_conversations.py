"""A conversation in a real browser: both sides, and where it opens."""

import pytest

from tests.support.browser_visit import Visit
from tests.support.conversations import apply_contact, apply_message
from tests.support.staff_client import page_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_contact_leads_by_one_click_to_the_newest_words_of_its_conversation(
    visit: Visit, width: int
) -> None:
    ann = apply_contact("ann", "Ann")
    for number in range(30):
        apply_message(
            "received" if number % 2 else "sent",
            f"m{number}",
            at=f"2025-01-15T10:{number:02}:00Z",
            bodyText=f"text {number}",
            contactId="ann",
        )
    visit.page.set_viewport_size({"width": width, "height": 700})
    visit.goto(page_url(ann))
    visit.page.click("text=30 messages")
    visit.page.wait_for_url("**/conversation/**")
    first, last = visit.page.locator(".bubble").first, visit.page.locator(".bubble").last
    assert last.inner_text().startswith("text 29")
    assert visit.page.evaluate("window.scrollY") > 0
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ours, theirs = first.bounding_box(), last.bounding_box()
    assert ours is not None
    assert theirs is not None
    assert ours["x"] > theirs["x"]
    assert 0 < theirs["y"] < 700
    assert visit.complaints == []

"""A list tells staff that an address names a filter, a choice or a page that it does not have."""

import pytest

from events.models import Event
from tests.support.browser_visit import Visit
from tests.support.staff_client import list_url, store_and_apply

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = 360


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("uuid__startswith=a", "This list has no filter 'uuid__startswith'; it has: status, received_at, "),
        ("source__uuid__startswith=a", "This list has no filter 'source__uuid__startswith'; "),
        ("status=fialed", "The filter 'status' has no choice 'fialed'; it has: pending, applied, "),
        ("received_at=yesterday", "The filter 'received_at' has no choice 'yesterday'; it has: hour, day"),
        ("event_type=%00", "The parameter 'event_type' contains a character that no text has, such as NUL."),
        ("_to_field=source", "The field source cannot be referenced."),
    ],
)
def test_an_address_that_the_list_cannot_use_is_explained_and_leads_to_the_list(
    visit: Visit, query: str, reason: str
) -> None:
    store_and_apply("deal.created", {"id": "dl_1", "title": "Kitchen"})
    visit.page.set_viewport_size({"width": NARROW, "height": 800})
    visit.goto(f"{list_url(Event)}?{query}")
    assert visit.page.inner_text("h1") == "This request cannot be used"
    assert reason in visit.page.inner_text(".banner.error")
    assert visit.page.locator("#result_list").count() == 0
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= NARROW
    # Chromium notes the status of a page that is not 2xx.
    assert [text for text in visit.complaints if "status of 400" not in text] == []
    visit.page.click(".banner.error a")
    assert visit.page.url.endswith(list_url(Event))
    visit.page.locator("#result_list tbody tr").wait_for()

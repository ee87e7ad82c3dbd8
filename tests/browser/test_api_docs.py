"""The page of the API's documentation, in a browser: few entries at once, and each can be tried out."""

from entities.models import Deal
from tests.support.api_client import create_record
from tests.support.browser_visit import Visit


def open_list(visit: Visit, name: str) -> None:
    visit.goto("/api/v1/docs/")
    visit.page.locator(f"#operations-tag-{name}").click()
    visit.page.locator(f"#operations-{name}-{name}_list .opblock-summary-control").click()
    visit.page.locator(".parameters").first.wait_for()


def test_the_page_opens_with_the_names_of_what_there_is(visit: Visit) -> None:
    visit.goto("/api/v1/docs/")
    visit.page.locator("#operations-tag-deals").wait_for()
    assert visit.page.locator(".opblock").count() == 0
    assert visit.page.locator(".model-container").count() == 0
    assert visit.complaints == []


def test_a_list_shows_one_entry_for_each_column(visit: Visit) -> None:
    open_list(visit, "deals")
    names = visit.page.locator("tr[data-param-name]").evaluate_all(
        "rows => rows.map(row => row.dataset.paramName)"
    )
    assert len(names) == len(set(names)) < 60
    assert {"status", "client__external_id", "extra__contains", "further"} <= set(names)
    row = visit.page.locator("tr[data-param-name=created_at]")
    assert "created_at__gte" in row.inner_text()
    assert visit.complaints == []


def test_a_lookup_without_an_entry_can_be_tried_out(visit: Visit) -> None:
    for value in (1, 5):
        create_record(Deal, value=value, title=f"worth {value}")
    open_list(visit, "deals")
    visit.page.get_by_role("button", name="Try it out").click()
    visit.page.locator("tr[data-param-name=further] textarea").fill('{"value__gte": "2"}')
    visit.page.get_by_role("button", name="Execute").click()
    answer = visit.page.locator(".live-responses-table .highlight-code")
    answer.filter(has_text="worth 5").wait_for()
    assert "worth 1" not in answer.inner_text()
    assert "value__gte=2" in visit.page.locator(".request-url").inner_text()

"""The lists of records in a real browser: nothing is cut at the usual widths, and a phone shows cards."""

from datetime import UTC, datetime

import pytest

from entities.generator.company_events import generate_company
from entities.models import Client, Contact, Deal, Invoice, Lead, Quotation, Record
from entities.models.introspection import record_models
from entities.vendors import all_vendors
from events.processing.drain import drain_backlog
from tests.support.accessibility import collect_faults_here
from tests.support.browser_visit import Visit
from tests.support.staff_client import list_url, store_and_apply, store_delivery

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = (1280, 1440, 1920)
PHONE = 390
CARD_LINES = 3
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIND_CUT = """() => {
    const cut = [...document.querySelectorAll('#result_list :is(td, th)')]
        .filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.className + cell.innerText);
    const results = document.querySelector('.results');
    if (results && results.scrollWidth > results.clientWidth) cut.push('the table');
    if (document.documentElement.scrollWidth > innerWidth) cut.push('the page');
    return cut;
}"""
CARD_HEIGHTS = """() => [...document.querySelectorAll('#result_list tbody tr')].map(row =>
    row.getBoundingClientRect().height / parseFloat(getComputedStyle(row).lineHeight))"""


def fill_company(count: int) -> None:
    """Apply the events of an invented company, as the demo has it."""
    for name, vendor in all_vendors().items():
        for body in generate_company(vendor, count, 1, NOW):
            store_delivery(body, name)
    drain_backlog()


def assert_nothing_is_cut(visit: Visit, model: type[Record], *, may_scroll: bool = False) -> None:
    """Open the list at each width. may_scroll: the table may be wider than its part of the page."""
    allowed = {"the table"} if may_scroll else set()
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.goto(list_url(model))
        assert set(visit.page.evaluate(FIND_CUT)) <= allowed, (model, width)
    visit.page.set_viewport_size({"width": PHONE, "height": 900})
    visit.goto(list_url(model))
    assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE
    heights = visit.page.evaluate(CARD_HEIGHTS)
    assert not heights or CARD_LINES <= max(heights) < CARD_LINES + 1
    assert visit.complaints == []


def test_no_column_of_a_list_is_cut_and_a_row_is_a_card_on_a_phone(visit: Visit) -> None:
    fill_company(60)
    assert Deal.objects.count() > 3
    assert_nothing_is_cut(visit, Deal)


@pytest.mark.prove
def test_no_column_of_any_list_is_cut(visit: Visit) -> None:
    fill_company(700)
    for model in record_models():
        assert_nothing_is_cut(visit, model)


# Type of an event -> the keys of its payload that get a long value.
LONG_VALUES = {
    "lead.created": ("name", "email", "mobile"),
    "deal.created": ("title", "status", "stageName"),
    "client.created": ("name", "email", "phone"),
    "contact.created": ("firstName", "companyName", "email"),
    "invoice.created": ("number", "clientName", "status"),
    "quotation.created": ("number", "clientName", "status"),
}


@pytest.mark.prove
def test_no_value_of_a_list_is_cut_because_others_are_long(visit: Visit) -> None:
    fill_company(60)
    for text in ("W" * 400, "long words " * 40, "\U0001f600" * 200, "\u0634\u0631\u0643\u0629 " * 60):
        for event, keys in LONG_VALUES.items():
            store_and_apply(event, {"id": text[:20], "total": "99999999999.99"} | dict.fromkeys(keys, text))
    for model in (Lead, Deal, Client, Contact, Invoice, Quotation):
        assert_nothing_is_cut(visit, model, may_scroll=True)


def test_a_list_is_filtered_and_its_columns_are_chosen_without_javascript(visit: Visit) -> None:
    fill_company(60)
    visit.goto(list_url(Deal))
    visit.page.select_option("[name=status]", "open")
    visit.page.click("[type=submit][value=Filter]")
    assert visit.page.url.endswith("?status=open")
    visit.page.click("text=More filters")
    visit.page.click("text=Columns")
    assert collect_faults_here(visit, "with everything open") == {}
    visit.page.uncheck("[name=columns][value=stage_ref]")
    visit.page.check("[name=columns][value=number]")
    visit.page.click("text=Show these")
    assert "number" in visit.page.url
    assert visit.page.locator("th.column-number").count() == 1
    assert visit.page.locator("th.column-stage_ref").count() == 0
    visit.page.click("[aria-label='Remove Status: open']")
    assert "status=open" not in visit.page.url
    assert "columns=" in visit.page.url
    assert visit.complaints == []

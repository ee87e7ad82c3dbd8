"""Exports in a real browser: what is on the screen is a file after two clicks."""

from pathlib import Path

import pytest
from playwright.sync_api import Download

from entities.models import AuditEntry, Deal
from tests.support.api_client import create_record
from tests.support.browser_visit import Visit
from tests.support.spreadsheets import read_csv, read_excel
from tests.support.staff_client import list_url

pytestmark = pytest.mark.django_db(transaction=True)


def download(visit: Visit, label: str) -> Download:
    """Click Export, then the format."""
    with visit.page.expect_download() as downloading:
        visit.page.get_by_text("Export", exact=True).click()
        visit.page.get_by_role("link", name=label, exact=True).click()
    return downloading.value


def test_a_list_is_in_excel_and_in_csv_after_two_clicks(visit: Visit) -> None:
    create_record(Deal, title="+971501234567", status="won")
    create_record(Deal, title="=1+1", status="won")
    create_record(Deal, title="Not shown", status="open")
    visit.goto(f"{list_url(Deal)}?status=won")
    for label, suffix, read, formula in (
        ("Excel", "xlsx", read_excel, "=1+1"),
        ("CSV", "csv", read_csv, "'=1+1"),
    ):
        file = download(visit, label)
        assert file.suggested_filename.startswith("deals-")
        assert file.suggested_filename.endswith(suffix)
        rows = read(Path(file.path()).read_bytes())
        assert {row[0] for row in rows[1:]} == {"+971501234567", formula}
        visit.page.reload()
    assert visit.complaints == []
    assert AuditEntry.objects.count() == 2


def test_the_export_is_reached_and_opened_with_the_keyboard(visit: Visit) -> None:
    create_record(Deal, title="Rollout")
    visit.goto(list_url(Deal))
    visit.page.get_by_text("Export", exact=True).focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    with visit.page.expect_download() as downloading:
        visit.page.keyboard.press("Enter")
    assert downloading.value.suggested_filename.endswith(".xlsx")

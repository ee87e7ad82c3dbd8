"""The way from a list of records to a record and back."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from entities.models import Deal
from tests.support.api_client import create_record
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db


def find_link(page: str, text: str) -> str:
    (url,) = re.findall(rf'<a href="([^"]*)">(?:<span[^>]*>)?{text}<', page)
    return unescape(url)


def test_the_breadcrumb_of_a_record_leads_back_to_the_list_as_it_was() -> None:
    client = log_in_staff()
    for number in range(51):
        create_record(Deal, title=f"Audit {number:02}", external_id=f"{number:02}", status="won")
    query = {"columns": "value", "o": "-created_at", "q": "audit", "status": "won"}
    page = get_page(client, list_url(Deal), **query | {"p": "2"})
    record_url = find_link(page, "Audit 50")
    back = urlsplit(find_link(get_page(client, record_url), "Deals"))
    assert back.path == list_url(Deal)
    assert parse_qs(back.query) == {
        "columns": ["value"],
        "o": ["-created_at"],
        "p": ["2"],
        "q": ["audit"],
        "status": ["won"],
    }
    assert "Audit 50" in get_page(client, f"{back.path}?{back.query}")


def test_the_breadcrumb_of_a_record_without_a_list_leads_to_the_whole_list() -> None:
    deal = create_record(Deal, title="Audit")
    client = log_in_staff()
    page = get_page(client, f"{list_url(Deal)}{deal.pk}/change/")
    assert find_link(page, "Deals") == list_url(Deal)


def test_junk_in_place_of_the_list_stays_in_its_address() -> None:
    deal = create_record(Deal, title="Audit")
    client = log_in_staff()
    junk = '"><script>//evil.example'
    page = get_page(client, f"{list_url(Deal)}{deal.pk}/change/", _changelist_filters=junk)
    assert "<script>//evil" not in page
    assert find_link(page, "Deals").startswith(f"{list_url(Deal)}?")

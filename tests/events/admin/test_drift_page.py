"""The page of the drift report: its content, links, limits and permissions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.reports.schema_drift import ReadLimits
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply
from tests.support.unmapped_events import DEAL, DRIFT_URL, backdate_receipt

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\u202e"


def test_the_page_shows_what_is_unknown_and_links_to_it() -> None:
    unknown = store_and_apply("deal.sneezed", DEAL)
    odd = store_and_apply("deal.updated", DEAL | {"score": 1, "expectedCloseDate": "someday"})
    client = log_in_staff()
    page = get_page(client, DRIFT_URL)
    for title in (
        "Event types that the mapping does not know",
        "Fields that the mapping does not name",
        "Values that cannot be read",
    ):
        assert title in page
    assert f'<a href="{page_url(odd)}">{odd.pk}</a>' in page
    (link,) = [part.split('"')[0] for part in page.split('href="')[1:] if "q=deal.sneezed" in part]
    listed = get_page(client, link.replace("&amp;", "&"))
    assert f'href="{page_url(unknown)}' in listed
    assert f'href="{page_url(odd)}' not in listed


def test_the_page_is_narrowed_by_vendor_and_period() -> None:
    backdate_receipt(store_and_apply("deal.sneezed", DEAL), days_ago=20)
    client = log_in_staff()
    assert "deal.sneezed" in get_page(client, DRIFT_URL)
    assert "deal.sneezed" in get_page(client, DRIFT_URL, vendor="heffl", days=30)
    for query in ({"days": 7}, {"vendor": "seedly"}):
        assert "No drift: the mapping knows all that was sent." in get_page(client, DRIFT_URL, **query)
    for query in ({"days": "0"}, {"days": "x"}, {"vendor": "acme"}):
        assert client.get(DRIFT_URL, query).status_code == 404


def test_the_page_says_if_it_did_not_read_or_show_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        store_and_apply("deal.updated", DEAL | {f"key{n}": n})
    client = log_in_staff()
    page = get_page(client, DRIFT_URL)
    assert "This page reads only the newest events" not in page
    assert "Only the most frequent are shown." not in page
    monkeypatch.setattr("events.admin.drift_page.PAGE_LIMITS", ReadLimits(events=1, entries=3))
    monkeypatch.setattr("events.admin.drift_page.MAX_FINDINGS", 3)
    page = get_page(client, DRIFT_URL)
    assert "<code>manage.py drift --days 30</code> reads the whole period." in page
    assert "Only the most frequent are shown." in page
    assert [f"<code>key{n}</code>" in page for n in range(4)] == [False, True, True, True]


def test_the_page_needs_the_permission_to_view_events() -> None:
    store_and_apply("deal.sneezed", DEAL)
    assert reverse("admin:events_event_drift") == DRIFT_URL
    assert log_in_staff("view_deal").get(DRIFT_URL).status_code == 403
    assert Client().get(DRIFT_URL).status_code == 302
    assert "Apply again" not in get_page(log_in_staff("view_event"), DRIFT_URL)


def test_the_page_escapes_what_a_vendor_wrote() -> None:
    store_and_apply("deal.updated", DEAL | {HOSTILE: 1})
    store_and_apply(HOSTILE, DEAL)
    page = get_page(log_in_staff(), DRIFT_URL)
    assert "<script>alert" not in page
    assert "[U+202E]" in page


def test_the_page_takes_as_many_queries_for_many_findings_as_for_one() -> None:
    client = log_in_staff()

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, DRIFT_URL)
        return len(captured)

    store_and_apply("deal.sneezed", DEAL)
    for_one = count_queries()
    for n in range(10):
        store_and_apply(f"deal.sneezed{n}", DEAL)
        store_and_apply("deal.updated", DEAL | {f"key{n}": n})
    assert count_queries() == for_one <= 11


def test_a_field_stands_once_with_all_the_event_types_that_have_it() -> None:
    for number, event in enumerate(("deal.created", "deal.updated", "deal.updated")):
        store_and_apply(event, DEAL | {"score": number})
    last = store_and_apply("deal.updated", DEAL | {"score": 9, "colour": 1})
    page = get_page(log_in_staff(), DRIFT_URL)
    assert page.count("<code>score</code>") == 1
    row = page[page.index("<code>score</code>") :].partition("</tr>")[0]
    assert "2 event types" in row
    assert '<td class="number">4</td>' in row
    assert f'deal.updated</span> <span class="quiet">3, such as</span> <a href="{page_url(last)}">' in row
    row = page[page.index("<code>colour</code>") :].partition("</tr>")[0]
    assert "event types" not in row


def test_the_page_never_says_that_there_is_no_drift_after_reading_a_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for n in range(4):
        store_and_apply("deal.updated", DEAL | {"score": 1} if n == 0 else DEAL | {"value": n})
    monkeypatch.setattr("events.admin.drift_page.PAGE_LIMITS", ReadLimits(events=1, entries=1))
    page = get_page(log_in_staff(), DRIFT_URL)
    assert "No drift in what was read." in page
    assert "the mapping knows all that was sent" not in page

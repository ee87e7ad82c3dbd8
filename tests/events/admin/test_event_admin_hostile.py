"""The operators' pages with texts as long and as odd as they can be, and with junk in their addresses."""

from collections.abc import Iterable
from itertools import product

import pytest
from django.test import Client

from events.models import Event
from tests.support.access_limits import create_member, log_in
from tests.support.failing_events import store_event_without_id
from tests.support.hostile_events import MARKUP, store_hostile_events
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

LIST = "/admin/events/event/"
MAX_PAGE = 600_000
PAGES = (
    LIST,
    f"{LIST}failed/",
    f"{LIST}drift/",
    f"{LIST}applied-again/",
    "/admin/events/refusal/",
    "/admin/events/source/",
    "/admin/",
)
# These, and the pages of one event, of all that are to be applied again, and of a source.
PAGE_COUNT = len(PAGES) + 3
JUNK = (
    "",
    "%00",
    "%ED%A0%80",
    "-1",
    "1e400",
    "9" * 4000,
    "deal/%00",
    "deal/" + "x" * 4000,
    "2025-13-01",
    "٣",
    "²",
)
PARAMETERS = (
    *("record", "entity", "external_id", "received_from", "received_to", "reapplied_at", "look", "at"),
    *(
        "status",
        "scope",
        "reason",
        "event_type",
        "received_at",
        "source",
        "q",
        "p",
        "o",
        "days",
        "vendor",
        "x",
    ),
)


def test_a_page_of_an_odd_event_stays_small_and_runs_nothing() -> None:
    client = log_in_staff()
    for oddity, event in store_hostile_events().items():
        page = get_page(client, page_url(event))
        assert len(page) < MAX_PAGE, oddity
        assert MARKUP[:8] + "document" not in page, oddity


def test_pages_about_odd_events_stay_small_and_run_nothing() -> None:
    client = log_in_staff()
    event = store_hostile_events()["a long reason"]
    for address in (*PAGES, page_url(event.source)):
        page = get_page(client, address)
        assert len(page) < MAX_PAGE, address
        assert MARKUP[:8] + "document" not in page, address


def test_the_warnings_of_an_event_are_shown_up_to_a_limit_that_it_says() -> None:
    event = store_hostile_events()["many warnings"]
    page = get_page(log_in_staff(), page_url(event))
    assert "2000 warnings" in page
    assert "Only the first 100 are shown." in page
    assert page.count("<li>") < 1000


def find_failing_addresses(parameter: str, asked: Iterable[tuple[int, str]]) -> list[str]:
    """Return the addresses that fail for junk in the parameter. asked: the place of a page, and junk."""
    client = log_in_staff()
    client.raise_request_exception = False
    event = store_event_without_id("x")
    pages = (*PAGES, page_url(event), f"{LIST}apply-all-again/", page_url(event.source))
    assert len(pages) == PAGE_COUNT
    addresses = [f"{pages[place]}?{parameter}={junk}" for place, junk in asked]
    return [address for address in addresses if client.get(address).status_code >= 500]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_junk_in_a_parameter_of_an_operators_page_is_said_and_never_an_error_of_the_server(
    parameter: str,
) -> None:
    """Ask one page for each junk, the next one for the next: any two of page, parameter and junk meet."""
    start = PARAMETERS.index(parameter)
    asked = [((start + place) % PAGE_COUNT, junk) for place, junk in enumerate(JUNK)]
    assert find_failing_addresses(parameter, asked) == []


@pytest.mark.prove
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_no_junk_in_a_parameter_of_an_operators_page_is_an_error_of_the_server(parameter: str) -> None:
    assert find_failing_addresses(parameter, product(range(PAGE_COUNT), JUNK)) == []


def test_a_viewer_opens_none_of_the_operators_pages_and_applies_nothing_again() -> None:
    event = store_event_without_id("x")
    client: Client = log_in(create_member("Viewer"))
    for address in (
        *PAGES[:-1],
        page_url(event),
        page_url(event.source),
        page_url(event).replace("change", "raw"),
    ):
        assert client.get(address).status_code == 403, address
    for address in (
        page_url(event).replace("change", "apply-again"),
        f"{LIST}apply-all-again/?status=failed",
    ):
        assert client.post(address).status_code == 403, address
    assert Event.objects.get().status == "failed"

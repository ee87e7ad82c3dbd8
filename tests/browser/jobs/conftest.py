"""Fills a mirror with an invented company's records, among them one person to look for."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from bench.backlog import store_company_events
from events.models import Event
from events.processing import drain
from events.processing.drain import drain_backlog
from tests.support.access_limits import restore_roles
from tests.support.hands import Keyboard, Mouse
from tests.support.known_person import KnownPerson, fail_event, tell_known_person
from tests.support.staff_client import log_in_staff

# How many events the company has: as many as the demo, and enough for 100,000 records.
SMALL, LARGE = 800, 185_000
HANDS = (Mouse, Keyboard)


@pytest.fixture(
    scope="module",
    params=[pytest.param(SMALL, id="demo"), pytest.param(LARGE, id="large", marks=pytest.mark.prove)],
)
def person(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[KnownPerson]:
    """Fill the mirror for all jobs of a module; return the person whom they are about."""
    with django_db_blocker.unblock():
        restore_roles()
        store_company_events(request.param, datetime.now(UTC))
        drain_backlog()
        yield tell_known_person()
        call_command("flush", interactive=False, verbosity=0)
        restore_roles()
        # The next module's company has the same names, and this process must write them again.
        drain.WRITTEN_NAMES.clear()
        drain.WRITTEN_WORDS.clear()


@pytest.fixture(scope="module", autouse=True)
def failed_events(person: KnownPerson) -> list[Event]:
    """Store an event that has failed for each way of working."""
    return [fail_event() for _ in HANDS]


@pytest.fixture(scope="module")
def address(person: KnownPerson) -> Iterator[str]:
    """Serve the mirror. pytest-django's own fixture would empty it after each test."""
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    yield server.url
    server.stop()
    server._live_server_modified_settings.disable()


@pytest.fixture(scope="module")
def session(person: KnownPerson) -> str:
    """Log a superuser in; return the session's key. Written before a test, whose transaction nobody sees."""
    return log_in_staff().cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="module")
def staff_context(chromium: Browser, address: str, session: str) -> Iterator[BrowserContext]:
    """Log the browser in, for all jobs of a module: scripts and styles are then fetched once."""
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    yield context
    context.close()


@pytest.fixture(params=HANDS, ids=["mouse", "keyboard"])
def hand(request: pytest.FixtureRequest, staff_context: BrowserContext) -> Iterator[Mouse]:
    """Work as a superuser, in a new tab; at the end the browser must have had nothing to complain."""
    hand = request.param(staff_context.new_page())
    yield hand
    hand.page.close()
    assert hand.complaints == []

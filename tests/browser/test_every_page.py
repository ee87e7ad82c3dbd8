"""Every page of the admin in a real browser, in light and dark, wide and narrow: axe-core, console, width.

The pages come from the URL configuration, so that a page that is added later is visited too. One that nothing
leads to fails the test: link to it, or name it in NOT_VISITED.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from entities.models import Client as Person
from entities.models import Record
from tests.support.access_limits import create_member
from tests.support.accessibility import LOOKS, Looks, collect_faults, collect_faults_here
from tests.support.admin_routes import ROUTES, find_pages
from tests.support.browser_visit import Visit
from tests.support.canaries import store_canaries
from tests.support.staff_client import log_in_staff
from tests.support.stored_company import store_company, store_one_of_everything

pytestmark = pytest.mark.django_db(transaction=True)

# The quick test visits every other page in another look.
QUICK_LOOKS = (LOOKS[:1], LOOKS[1:2])
# Routes that have no page of their own -> why.
NOT_VISITED = {
    "autocomplete/": "JSON for the fields of forms",
    "jsi18n/": "a script of Django's",
    "events/source/<int:source_id>/secrets/<int:secret_id>/end/": "a form posts to it",
    "views/<int:view_id>/": "forms post to it",
    "person/<str:record_type>/<int:record_id>/export/": "a form posts to it",
    "r/<path:content_type_id>/<path:object_id>/": "leads to the site of a row, which no row has",
}
# What pages show after a choice, or after something went wrong.
STATES = (
    "/admin/search/?q=a",
    "/admin/search/?q=nothing+at+all",
    "/admin/board/?status=won",
    "/admin/agenda/?week=",
    "/admin/agenda/?month=",
    "/admin/entities/deal/?status=won",
    "/admin/entities/deal/?q=a",
    "/admin/entities/contact/?nonsense=1",
    "/admin/events/event/?record=deal/dl_odd",
    "/admin/events/event/?received_from=2020-01-01&status=failed",
    "/admin/events/event/?status=nonsense",
    "/admin/events/event/apply-all-again/?status=failed",
    "/admin/events/event/drift/?days=365",
    "/admin/nothing/",
)


def find_addresses(client: Client, routes: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the addresses of the routes that answer with a page, and its status."""
    read: Callable[[str], Any] = cache(client.get)
    pages = find_pages(read, routes)
    assert set(routes) - set(pages) <= set(NOT_VISITED), "no page leads to these routes"
    for address in (*pages.values(), *STATES):
        answer = read(address)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and answer.status_code not in (302, 405):
            yield address, answer.status_code


def leave_out_refusals(pages: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield the addresses of the pages, of those that say why they are refused only two of each status."""
    counts: Counter[int] = Counter()
    for address, status in pages:
        counts[status] += 1
        if status < 400 or counts[status] <= 2:
            yield address


def fill_mirror(count: int) -> Client:
    """Store so many events of each vendor and a row of each model; return the client of a superuser."""
    client = log_in_staff()
    store_company(count, timezone.now())
    store_one_of_everything(client)
    return client


def visit_pages(visit: Visit, addresses: Iterable[str], looks: Iterable[Looks]) -> None:
    """Visit the pages. looks: of the first page, of the second, and so on, over and over."""
    faults: dict[str, list[str]] = {}
    for address, looks_of_page in zip(addresses, cycle(looks), strict=False):
        faults |= collect_faults(visit, address, looks_of_page)
    assert not faults, "\n".join(f"{where}\n    " + "\n    ".join(texts) for where, texts in faults.items())


def is_like_another(route: str) -> bool:
    """Return True for the routes of a model of records other than deals, all of which have one admin."""
    app, _, rest = route.partition("/")
    if app == "person":
        # Persons' pages lead to it; it has a test of its own.
        return True
    models = {model._meta.model_name: model for model in apps.get_models() if model._meta.app_label == app}
    model = models.get(rest.partition("/")[0])
    return model is not None and issubclass(model, Record) and model._meta.model_name != "deal"


def test_a_page_of_each_kind_has_no_grave_fault(visit: Visit) -> None:
    pages = find_addresses(fill_mirror(60), [route for route in ROUTES if not is_like_another(route)])
    visit_pages(visit, leave_out_refusals(pages), QUICK_LOOKS)


def test_the_page_of_a_persons_data_has_no_grave_fault(visit: Visit, live_server: LiveServer) -> None:
    store_canaries()
    address = f"/admin/person/client/{Person.objects.get().pk}/"
    faults = collect_faults(visit, address, LOOKS)
    click_and_load(visit.page, "text=Erase this person")
    assert visit.page.inner_text("h1") == "The person was erased"
    faults |= collect_faults_here(visit, "after the erasure")
    assert faults == {}


@pytest.mark.prove
def test_no_page_has_a_grave_fault(visit: Visit) -> None:
    visit_pages(visit, (address for address, _ in find_addresses(fill_mirror(150), ROUTES)), [LOOKS])


def click_and_load(page: Page, selector: str) -> None:
    """Click what leads to another page, and wait for that page: axe fails on one that is being left."""
    with page.expect_navigation():
        page.click(selector)


def test_the_pages_before_the_login_and_after_the_logout_have_no_grave_fault(
    chromium: Browser, live_server: LiveServer
) -> None:
    User.objects.create_superuser("ann", password="secret")
    page = chromium.new_context().new_page()
    visit = Visit(page, live_server.url)
    faults = collect_faults(visit, "/admin/", LOOKS)
    page.fill("#id_username", "ann")
    page.fill("#id_password", "wrong")
    click_and_load(page, "[type=submit]")
    faults |= collect_faults_here(visit, "failed login")
    page.fill("#id_username", "ann")
    page.fill("#id_password", "secret")
    click_and_load(page, "[type=submit]")
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.click(".user-menu > summary")
    click_and_load(page, "text=Log out")
    faults |= collect_faults_here(visit, "form that is not accepted")
    visit.goto("/admin/")
    page.click(".user-menu > summary")
    click_and_load(page, "text=Log out")
    faults |= collect_faults_here(visit, "logged out")
    assert faults == {}
    page.context.close()


@pytest.mark.parametrize("role", ["Viewer", "Operator"])
def test_a_page_that_a_member_of_staff_may_not_open_has_no_grave_fault(
    chromium: Browser, live_server: LiveServer, role: str
) -> None:
    client = Client()
    client.force_login(create_member(role))
    context = chromium.new_context()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    visit = Visit(context.new_page(), live_server.url)
    assert client.get("/admin/auth/user/").status_code == 403
    faults = collect_faults(visit, "/admin/auth/user/", LOOKS) | collect_faults(visit, "/admin/", LOOKS)
    assert faults == {}
    context.close()


@pytest.mark.parametrize(
    "address",
    [
        "/admin/auth/user/add/",
        "/admin/auth/group/add/",
        "/admin/password_change/",
        "/admin/events/source/add/",
        "/admin/entities/apitoken/add/",
    ],
)
def test_a_form_with_errors_has_no_grave_fault(visit: Visit, address: str) -> None:
    visit.goto(address)
    visit.page.evaluate(
        "document.querySelectorAll('#content form').forEach(form => { form.noValidate = true })"
    )
    with visit.page.expect_navigation():
        visit.page.locator("#content [type=submit]").first.click()
    assert visit.page.locator(".errornote, .errorlist").count() > 0
    assert visit.page.url == visit.base + address
    assert collect_faults_here(visit, address) == {}

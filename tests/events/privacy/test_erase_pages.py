"""After an erasure no page of the admin and no answer of the API has a value of the person."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from entities.models import ApiToken
from tests.support.access_limits import log_in
from tests.support.admin_routes import route_of
from tests.support.canaries import EMAIL, store_canaries
from tests.support.canary_pages import (
    Answers,
    ask_again,
    crawl_answers,
    crawl_pages,
    find_values,
    list_values,
)
from tests.support.erased_persons import erase
from tests.support.staff_client import create_staff_user

pytestmark = pytest.mark.django_db(transaction=True)

PERSONS = ("client", "contact", "lead")
REFERRING = ("deal", "invoice", "payment", "appointment", "task", "message", "formsubmission")
# Where her values stand before: who takes one away from a crawl takes it away here.
ROUTES = {
    "",
    "board/",
    "conversations/",
    "conversation/<slug:source>/<text:scope>/<text:ref>/",
    "entities/auditentry/",
    "events/event/<path:object_id>/change/",
    "events/event/<path:object_id>/raw/",
    "person/<str:record_type>/<int:record_id>/",
    "search/",
    "views/",
    *(f"entities/{name}/" for name in (*PERSONS, *REFERRING)),
    *(f"entities/{name}/export/" for name in (*PERSONS, *REFERRING)),
    *(f"entities/{name}/<path:object_id>/change/" for name in (*PERSONS, *REFERRING)),
    *(f"entities/{name}/<path:object_id>/timeline/" for name in (*PERSONS, "deal")),
}
VALUE_ROUTES = {f"entities/{name}/<path:object_id>/value/" for name in (*PERSONS, *REFERRING)}
PATHS = {
    *(f"/api/v1/{name}/" for name in ("clients", "contacts", "leads", "deals", "invoices", "payments")),
    *(f"/api/v1/{name}/" for name in ("appointments", "tasks", "messages", "form-submissions")),
    *(f"/api/v1/{name}/0/" for name in ("clients", "deals", "messages", "events")),
    *(f"/api/v1/leads/0/{part}/" for part in ("timeline", "history", "same")),
    "/api/v1/history/",
    "/api/v1/changes/",
    "/api/v1/search/",
}


def list_routes(answers: Answers) -> set[str]:
    return {route_of(address) for addresses in find_values(answers).values() for address in addresses}


def list_paths(answers: Answers) -> set[str]:
    """Return the paths at which her values stand, with 0 for each id."""
    addresses = {address for addresses in find_values(answers).values() for address in addresses}
    return {re.sub(r"/\d+/", "/0/", address.partition("?")[0]) for address in addresses}


def check_pages(expected: set[str], *, follows_queries: bool) -> None:
    """Crawl, erase, ask the former addresses again, and crawl again."""
    store_canaries()
    # She is among what this user has looked at, saved and exported.
    client = log_in(User.objects.get())
    before = crawl_pages(client, follows_queries=follows_queries)
    assert expected - list_routes(before) == set()
    assert set(list_values()) - set(find_values(before)) == set()
    erase(emails=(EMAIL,))
    assert find_values(ask_again(client, before)) == {}
    after = crawl_pages(client, follows_queries=follows_queries)
    assert find_values(after) == {}
    assert {status for status, _ in after.values()} <= {200, 302}


def test_no_page_has_a_value_of_hers() -> None:
    check_pages(ROUTES, follows_queries=False)


@pytest.mark.prove
def test_no_page_has_a_value_of_hers_whatever_link_is_followed() -> None:
    check_pages(ROUTES | VALUE_ROUTES, follows_queries=True)


def test_no_answer_of_the_api_has_a_value_of_hers() -> None:
    store_canaries()
    client = Browser()
    headers = {"authorization": f"Token {ApiToken.issue(create_staff_user(), 'crawl')[1]}"}
    before = crawl_answers(client, headers)
    assert PATHS - list_paths(before) == set()
    assert set(list_values()) - set(find_values(before)) == set()
    erase(emails=(EMAIL,))
    assert find_values(ask_again(client, before, headers)) == {}
    assert find_values(crawl_answers(client, headers)) == {}

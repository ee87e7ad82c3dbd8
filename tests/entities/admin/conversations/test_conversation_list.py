"""The list of conversations, through its address, after real events."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Conversation
from events.models import Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.conversations import apply_contact, apply_message, conversation_path
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

URL = "/admin/conversations/"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel("2025-01-20T12:00:00Z", tick=False):
        yield


def read_refs(page: str) -> list[str]:
    """Return the conversations' ids, from top to bottom."""
    return re.findall(r'href="/admin/conversation/acme-seedly/sa/(\w+)/#newest"', page)


def test_the_newest_come_first_with_their_last_line(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "a", "old", "2025-01-15T10:00:00Z", bodyText="First", contactId="ann")
    apply_message("sent", "b", "old", "2025-01-15T11:00:00Z", bodyText="Last words")
    apply_message("received", "c", "new", "2025-01-16T10:00:00Z")
    page = get_page(client, URL)
    assert read_refs(page) == ["new", "old"]
    assert "First" not in page
    assert re.search(r'out</span> <a href="[^"]*old/#newest"><span[^>]*>Last words<', page)
    assert "no text" in page
    assert page_url(ann) in page
    assert "acme-seedly" in page


@pytest.mark.parametrize(
    ("choice", "refs"),
    [
        ("yes", ["hour", "days", "weeks"]),
        ("day", ["days", "weeks"]),
        ("3-days", ["days", "weeks"]),
        ("week", ["weeks"]),
    ],
)
def test_it_can_be_narrowed_to_what_has_waited_for_an_answer(
    client: Client, choice: str, refs: list[str]
) -> None:
    apply_message("received", "a", "hour", "2025-01-20T11:00:00Z")
    apply_message("received", "b", "days", "2025-01-15T11:00:00Z")
    apply_message("received", "c", "weeks", "2025-01-01T11:00:00Z")
    apply_message("received", "d", "answered", "2025-01-01T11:00:00Z")
    apply_message("sent", "e", "answered", "2025-01-20T11:30:00Z")
    assert read_refs(get_page(client, URL, unanswered=choice)) == refs


def test_it_can_be_narrowed_to_a_contact_and_says_whose_it_shows(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "a", "hers", contactId="ann")
    apply_message("received", "b", "other", contactId="bob")
    page = get_page(client, URL, contact=str(ann.pk))
    assert read_refs(page) == ["hers"]
    assert re.search(r'Those of <span dir="auto">Ann</span>', page)
    assert "no such contact" in get_page(client, URL, contact="999")


def test_it_can_be_narrowed_to_a_source(client: Client) -> None:
    apply_message("received", "a")
    Conversation.objects.create(source=ensure_source("other", "seedly"), ref="elsewhere")
    assert "elsewhere" in get_page(client, URL, source="other")
    assert read_refs(get_page(client, URL, source="other")) == []


@pytest.mark.parametrize(
    "query", ["unanswered=no", "source=none", "contact=x", "p=0", "p=2", "p=x", "q=a", "contact="]
)
def test_a_parameter_that_it_cannot_use_is_said(client: Client, query: str) -> None:
    apply_message("received", "a")
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert "Open the page without it" in response.content.decode()


def test_a_long_list_has_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entities.admin.conversations.conversation_list.PAGE_SIZE", 2)
    for day in range(1, 6):
        apply_message("received", f"m{day}", f"k{day}", f"2025-01-0{day}T10:00:00Z")
    assert read_refs(get_page(client, URL)) == ["k5", "k4"]
    page = get_page(client, URL, p="3", unanswered="yes")
    assert read_refs(page) == ["k1"]
    assert "Page 3 of 3, 5 conversations" in page
    assert 'href="?p=2&amp;unanswered=yes"' in page


def test_a_viewer_sees_the_conversations_of_his_sub_accounts_only() -> None:
    apply_message("received", "a")
    source = Source.objects.get()
    for scope, refs in (("sa", ["k"]), ("other", [])):
        assert read_refs(get_page(log_in(limit(create_member("Viewer"), source, scope)), URL)) == refs
    assert log_in_staff("view_message").get(URL).status_code == 403
    assert Client().get(URL).status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_list(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, URL)
        return len(captured)

    apply_message("received", "first", "k", contactId="ann")
    for_one = count()
    for number in range(10):
        apply_message("received", f"m{number}", f"k{number}", contactId=f"c{number}")
    assert count() == for_one == 10


def test_its_first_page_is_read_off_the_index() -> None:
    from entities.admin.conversations.conversation_list import ORDER

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Conversation.objects.order_by(*ORDER)[:50].explain()
    assert "conversation_newest" in plan
    assert conversation_path()

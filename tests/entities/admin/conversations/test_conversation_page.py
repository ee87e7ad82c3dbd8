"""The page of a conversation, through its address, after real events."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Message
from events.models import Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.conversations import apply_contact, apply_message, conversation_path
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db


def read_texts(page: str) -> list[str]:
    """Return what was said, from top to bottom."""
    said = re.findall(r'<div class="said">(.*?)</div>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in said]


def apply_many(count: int) -> None:
    for number in range(count):
        apply_message(
            "received", f"m{number}", at=f"2025-01-15T10:{number:02}:00Z", bodyText=f"text {number}"
        )


def test_both_sides_stand_in_the_order_of_their_times(client: Client) -> None:
    apply_message("received", "c", at="2025-01-16T09:00:00Z", bodyText="Thanks", contactId="ann")
    apply_message("received", "a", at="2025-01-15T10:00:00Z", bodyText="Hello", contactId="ann")
    apply_message("sent", "b", at="2025-01-15T11:00:00Z", bodyText="Good day")
    page = get_page(client, conversation_path())
    assert read_texts(page) == ["Hello", "Good day", "Thanks"]
    assert re.findall(r'data-way="(\w*)"', page) == ["in", "out", "in"]
    assert re.findall(r'<h2 class="day">(.*?)</h2>', page) == ["Wed 15 Jan 2025", "Thu 16 Jan 2025"]


def test_days_and_times_are_those_of_who_reads(client: Client) -> None:
    apply_message("received", "a", at="2025-01-15T21:30:00Z")
    client.post("/admin/time-zone/", {"time_zone": "Asia/Dubai"})
    page = get_page(client, conversation_path())
    assert "Thu 16 Jan 2025" in page
    assert 'title="2025-01-15 21:30:00.000000 UTC">01:30</time>' in page


def test_a_message_without_text_says_so_and_one_that_failed_is_marked(client: Client) -> None:
    apply_message("sent", "a", channel="email", status="bounced")
    page = get_page(client, conversation_path())
    assert read_texts(page) == ["No text: the vendor sent none with this message."]
    assert 'data-word="bounced"' in page
    assert "email" in page


def test_the_head_has_the_contact_the_source_and_since_when_an_answer_is_missing(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "a", contactId="ann")
    page = get_page(client, conversation_path())
    head = page[page.index("<h1") : page.index('class="messages"')]
    assert "Ann" in head
    assert page_url(ann) in head
    assert "acme-seedly, sub-account" in head
    assert "1 message," in head
    assert "Unanswered since" in head
    apply_message("sent", "b", at="2025-01-15T11:00:00Z")
    assert "Unanswered since" not in get_page(client, conversation_path())


def test_it_opens_with_the_newest_messages_and_leads_to_the_older_ones(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entities.admin.conversations.conversation_page.PAGE_SIZE", 2)
    apply_many(5)
    page = get_page(client, conversation_path())
    assert read_texts(page) == ["text 3", "text 4"]
    assert '<a href="?page=2#newest">Older messages</a>' in page
    assert "Newer messages" not in page
    page = get_page(client, conversation_path(), page="3")
    assert read_texts(page) == ["text 0"]
    assert "Older messages" not in page
    assert '<a href="?page=2">Newer messages</a>' in page


def test_a_message_leads_to_the_page_on_which_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entities.admin.conversations.conversation_page.PAGE_SIZE", 2)
    apply_many(5)
    for number in range(5):
        message = Message.objects.get(external_id=f"m{number}")
        page = get_page(client, conversation_path(), message=str(message.pk))
        assert f"text {number}" in read_texts(page)
        assert f'id="message-{message.pk}"' in page


def test_messages_of_one_time_stand_in_the_order_of_their_ids(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entities.admin.conversations.conversation_page.PAGE_SIZE", 1)
    for name in ("b", "a", "B"):
        apply_message("received", name, bodyText=f"text {name}")
    texts = [read_texts(get_page(client, conversation_path(), page=str(page)))[0] for page in (3, 2, 1)]
    assert texts == ["text B", "text a", "text b"]
    for name in ("a", "b", "B"):
        message = Message.objects.get(external_id=name)
        assert read_texts(get_page(client, conversation_path(), message=str(message.pk))) == [f"text {name}"]


def test_a_deleted_message_is_not_part_of_it(client: Client) -> None:
    apply_message("received", "a", bodyText="Kept")
    message = apply_message("received", "b", bodyText="Gone")
    Message.objects.filter(pk=message.pk).update(is_deleted=True)
    assert read_texts(get_page(client, conversation_path())) == ["Kept"]


@pytest.mark.parametrize("query", ["page=0", "page=2", "page=x", "message=1", "message=x", "q=a"])
def test_a_parameter_that_it_cannot_use_is_said(client: Client, query: str) -> None:
    apply_message("received", "a")
    response = client.get(f"{conversation_path()}?{query}")
    assert response.status_code == 400
    assert "Open the page without it" in response.content.decode()


def test_what_is_not_seen_is_answered_as_what_does_not_exist(client: Client) -> None:
    apply_message("received", "a")
    source = Source.objects.get()
    for scope, status in (("sa", 200), ("other", 404)):
        member = log_in(limit(create_member("Viewer"), source, scope))
        assert member.get(conversation_path()).status_code == status
    assert client.get(conversation_path("none")).status_code == 404
    assert log_in_staff("view_message").get(conversation_path()).status_code == 403
    assert Client().get(conversation_path()).status_code == 302


def test_hostile_text_is_escaped(client: Client) -> None:
    apply_contact("ann", "<img src=x>")
    apply_message("received", "a", bodyText="<img src=x>\u202eb", channel="<img>", contactId="ann")
    page = get_page(client, conversation_path())
    assert "<img" not in page
    assert "[U+202E]" in page


def test_the_number_of_queries_does_not_grow_with_the_messages(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, conversation_path())
        return len(captured)

    apply_message("received", "first", contactId="ann")
    for_one = count()
    apply_many(10)
    store_and_apply("contact.created", {"subAccountId": "sa", "contactId": "ann"}, vendor="seedly")
    assert count() == for_one == 8


def test_a_channel_is_spelled_as_everywhere(client: Client) -> None:
    apply_message("sent", "a", channel="sms")
    page = get_page(client, conversation_path())
    assert "SMS" in page

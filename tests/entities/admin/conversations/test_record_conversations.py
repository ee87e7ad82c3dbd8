"""A contact's page and a message's page lead to their conversations."""

import re

import pytest
from django.test import Client

from entities.models import Message
from tests.support.conversations import apply_contact, apply_message, conversation_path
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db


def read_block(page: str) -> str:
    """Return the block of the conversations; empty if there is none."""
    block = re.search(r'<section class="module conversations">(.*?)</section>', page, re.DOTALL)
    return block[1] if block else ""


def test_a_contact_leads_to_each_of_its_conversations_with_count_and_newest_line(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    assert read_block(get_page(client, page_url(ann))) == ""
    apply_message("received", "a", bodyText="Hello", contactId="ann")
    apply_message("sent", "b", at="2025-01-15T11:00:00Z", bodyText="Good day")
    block = read_block(get_page(client, page_url(ann)))
    assert f'<a href="{conversation_path()}#newest">2 messages</a>' in block
    assert "Good day" in block
    assert "Hello" not in block
    assert "unanswered" not in block


def test_a_contact_of_many_conversations_shows_the_newest_and_leads_to_all(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    for day in range(1, 6):
        apply_message("received", f"m{day}", f"k{day}", f"2025-01-0{day}T10:00:00Z", contactId="ann")
    block = read_block(get_page(client, page_url(ann)))
    assert re.findall(r"sa/(\w+)/#newest", block) == ["k5", "k4", "k3"]
    assert f'<a href="/admin/conversations/?contact={ann.pk}">All 5 conversations</a>' in block


def test_a_message_leads_to_its_place_in_its_conversation(client: Client) -> None:
    message = apply_message("received", "a")
    link = f"{conversation_path()}?message={message.pk}#message-{message.pk}"
    assert f'href="{link}"' in read_block(get_page(client, page_url(message)))


def test_a_deleted_message_and_one_of_no_conversation_lead_to_none(client: Client) -> None:
    message = apply_message("received", "a")
    Message.objects.filter(pk=message.pk).update(is_deleted=True)
    assert read_block(get_page(client, page_url(message))) == ""
    Message.objects.filter(pk=message.pk).update(is_deleted=False, conversation_ref=None)
    assert read_block(get_page(client, page_url(message))) == ""


def test_whoever_may_not_view_all_records_meets_no_conversation() -> None:
    message = apply_message("received", "a")
    assert read_block(get_page(log_in_staff("view_message"), page_url(message))) == ""

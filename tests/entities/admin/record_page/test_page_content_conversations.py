"""Messages that name no contact stand beside the contacts of their conversation, in lists and on pages."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.record_links import conversation_cell
from entities.models import Contact, Message
from tests.support.staff_client import get_page, list_url, page_url, store_and_apply

pytestmark = pytest.mark.django_db


def apply_message(verb: str, external_id: str, ref: str = "k", **payload: Any) -> Message:
    keys = {"subAccountId": "sa", "messageId": external_id, "conversationId": ref}
    store_and_apply(f"message.{verb}", keys | payload, vendor="seedly")
    return Message.objects.get(external_id=external_id)


def apply_contact(external_id: str, name: str) -> Contact:
    payload = {"subAccountId": "sa", "contactId": external_id, "firstName": name}
    store_and_apply("contact.created", payload, vendor="seedly")
    return Contact.objects.get(external_id=external_id)


def test_a_message_that_names_no_contact_shows_that_of_its_conversation_and_says_so(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "in", contactId="ann")
    sent = apply_message("sent", "out")
    cell = conversation_cell([ann])
    assert "in the conversation of" in cell
    assert cell in get_page(client, page_url(sent))
    page = get_page(client, list_url(Message))
    assert page.count(cell) == 1
    assert page.count(page_url(ann)) == 2


def test_a_message_that_names_a_contact_shows_that_one(client: Client) -> None:
    apply_message("received", "in", contactId="ann")
    sent = apply_message("sent", "out", contactId="bob")
    for url in (page_url(sent), list_url(Message)):
        assert "in the conversation of" not in get_page(client, url)


def test_a_conversation_of_many_shows_a_few_and_that_there_are_more(client: Client) -> None:
    for name in "abcde":
        apply_message("received", f"in-{name}", contactId=f"contact-{name}")
    page = get_page(client, page_url(apply_message("sent", "out")))
    names = ["contact-a" in page, "contact-c" in page, "contact-d" in page, "and more" in page]
    assert names == [True, True, False, True]


def test_a_contact_lists_the_messages_of_its_conversations_among_those_that_refer_to_it(
    client: Client,
) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "in", contactId="ann", bodyText="Question")
    apply_message("sent", "out", bodyText="Answer")
    apply_message("sent", "named", "other", contactId="ann", bodyText="Reminder")
    apply_message("received", "stranger", "third", contactId="bob", bodyText="Stranger")
    link = f"{list_url(Message)}?contact={ann.pk}&amp;state=all"
    assert f'<a href="{link}">Messages</a> <span class="count">3</span>' in get_page(client, page_url(ann))
    page = get_page(client, link.replace("&amp;", "&"))
    shown = [text for text in ("Question", "Answer", "Reminder", "Stranger") if text in page]
    assert shown == ["Question", "Answer", "Reminder"]
    assert "3 messages" in page


def test_a_list_of_messages_takes_one_query_more_for_all_conversations_of_a_page(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, list_url(Message))
        return len(captured)

    apply_message("received", "in-0", "k0", contactId="ann")
    without = count()
    apply_message("sent", "out-0", "k0")
    for_one = count()
    for number in range(1, 6):
        apply_message("received", f"in-{number}", f"k{number}", contactId=f"c{number}")
        apply_message("sent", f"out-{number}", f"k{number}")
    assert count() == for_one == without + 1

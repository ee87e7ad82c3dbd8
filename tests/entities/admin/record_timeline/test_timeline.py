"""The timeline of a record and of those related to it, through the address of its page."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Name
from tests.support.access_limits import create_member, limit, log_in
from tests.support.conversations import apply_contact, apply_message
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db

DEAL = {"id": "dl_1", "title": "Licence"}
ENGINE_WORDS = re.compile(r"\bexists\b|\bcopy\b|only refers|\w_ref\b")


def timeline_of(row: Any) -> str:
    return page_url(row).replace("change", "timeline")


def strip_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def read_sentences(page: str) -> list[str]:
    """Return the sentences of a timeline, newest first."""
    return [strip_tags(cell) for cell in re.findall(r'<td class="sentence">(.*?)</td>', page, re.DOTALL)]


def seedly(event: str, day: int, **payload: Any) -> None:
    store_and_apply(event, {"subAccountId": "sa"} | payload, f"2025-02-{day:02d}T10:00:00Z", "seedly")


def test_what_changed_is_told_as_old_and_new_newest_first(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"stage": "Proposal", "price": 5})
    store_and_apply("deal.updated", DEAL | {"stage": "Won", "price": 7}, at="2025-01-16T10:30:00Z")
    page = get_page(client, page_url(Deal.objects.get()))
    newest, oldest = read_sentences(page)
    assert newest == "stage name Proposal → Won, value 5.00 → 7.00"
    assert oldest == "Created, stage name Proposal, value 5.00"
    assert page.index("2025-01-16 10:30") < page.rindex("2025-01-15 10:30")


def test_records_that_refer_to_a_record_are_told_with_it(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message(
        "received", "m", at="2025-02-01T10:00:00Z", contactId="ann", bodyText="Hello", channel="sms"
    )
    seedly("task.created", 2, taskId="t", contactId="ann", title="Call back", status="todo")
    seedly("task.completed", 3, taskId="t", contactId="ann", title="Call back", status="completed")
    sentences = read_sentences(get_page(client, page_url(ann)))
    assert sentences[0] == "Task Call back: todo → completed"
    assert sentences[1].startswith("Task Call back: created, todo")
    assert sentences[2] == "← SMS “Hello”"
    assert sentences[3] == "Created"


def test_the_timeline_can_be_narrowed_to_a_topic(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "m", contactId="ann", bodyText="Hello")
    seedly("task.created", 2, taskId="t", contactId="ann", title="Call back")
    page = get_page(client, page_url(ann))
    topics = re.findall(r'href="[^"]*\?about=(\w+)"', page)
    assert topics == ["all", "messages", "deals", "appointments", "tasks", "money", "forms", "changes"]
    assert len(read_sentences(get_page(client, timeline_of(ann), about="tasks"))) == 1
    assert "Hello" in read_sentences(get_page(client, timeline_of(ann), about="messages"))[0]
    assert read_sentences(get_page(client, timeline_of(ann), about="changes")) == ["Created"]
    assert client.get(timeline_of(ann), {"about": "weather"}).status_code == 400


@pytest.mark.parametrize(
    "before", ["x", "9999-99-99 1 " + "a" * 64 + " deal 1", "2025-01-01 deal 1", "\u202e"]
)
def test_a_cursor_that_there_is_not_is_said(client: Client, before: str) -> None:
    ann = apply_contact("ann", "Ann")
    assert client.get(timeline_of(ann), {"before": before}).status_code == 400
    assert client.get(timeline_of(ann), {"p": "2"}).status_code == 400


def test_older_parts_have_each_happening_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entities.admin.record_timeline.timeline_entries.PAGE_SIZE", 3)
    for day in range(1, 6):
        store_and_apply("deal.updated", DEAL | {"price": day}, at=f"2025-02-0{day}T00:00:00Z")
    for number in range(3):
        # One event, so one clock, and several records.
        payload = {"id": f"q{number}", "number": f"Q-{number}", "dealId": "dl_1"}
        store_and_apply("quotation.created", payload, at="2025-02-03T00:00:00Z")
    address, sentences, parts = page_url(Deal.objects.get()), list[str](), 0
    while address:
        page = get_page(client, address)
        sentences += read_sentences(page)
        older = re.search(r'href="([^"]*before=[^"]*)"', page)
        address, parts = (older[1].replace("&amp;", "&") if older else ""), parts + 1
    assert len(sentences) == len(set(sentences)) == 8
    assert parts == 3


def test_the_value_before_is_looked_for_in_a_bounded_number_of_events(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_and_apply("deal.created", DEAL | {"price": 5})
    store_and_apply("deal.updated", {"id": "dl_1", "stage": "Offer"}, at="2025-01-16T10:30:00Z")
    store_and_apply("deal.updated", {"id": "dl_1", "price": 7}, at="2025-01-17T10:30:00Z")
    url = page_url(Deal.objects.get())
    assert read_sentences(get_page(client, url))[0] == "value 5.00 → 7.00"
    monkeypatch.setattr("entities.admin.record_timeline.timeline_entries.MAX_EARLIER", 1)
    assert read_sentences(get_page(client, url))[0] == "value 7.00"


def test_ids_are_told_by_their_names_and_references_by_titles(client: Client) -> None:
    store_and_apply("client.created", {"id": "cl_1", "name": "Acme"})
    store_and_apply("client.created", {"id": "cl_2", "name": "Initech"})
    store_and_apply("deal.created", DEAL | {"clientId": "cl_1", "ownerId": "u1"})
    store_and_apply("deal.updated", DEAL | {"clientId": "cl_2", "ownerId": "u2"}, at="2025-01-16T10:30:00Z")
    deal = Deal.objects.get()
    Name.objects.update_or_create(
        source=deal.source, scope="", kind="person", ref="u1", defaults={"name": "Lena"}
    )
    newest = read_sentences(get_page(client, page_url(deal)))[0]
    assert "client Acme → Initech" in newest
    assert "Lena" in newest
    assert "cl_1" not in newest


def test_a_deletion_and_labels_are_told(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    seedly("contact.tag_added", 1, contactId="ann", tagName="vip")
    assert read_sentences(get_page(client, page_url(ann)))[0] == "tags + vip"
    store_and_apply("deal.created", DEAL)
    store_and_apply("deal.deleted", DEAL, at="2025-01-16T10:30:00Z")
    assert read_sentences(get_page(client, page_url(Deal.objects.get())))[0] == "Deleted"


def test_a_message_is_told_on_its_own_page_by_what_was_said_and_became_of_it(client: Client) -> None:
    apply_message("sent", "m", at="2025-02-01T10:00:00Z", channel="whatsapp", status="sent")
    message = apply_message("delivered", "m", at="2025-02-01T10:01:00Z")
    sentences = read_sentences(get_page(client, page_url(message)))
    assert sentences[0].endswith("delivered")
    assert sentences[1].startswith("→ WhatsApp no text")


def test_the_words_of_the_engine_are_not_shown(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"client": {"id": "cl_1", "name": "Acme"}, "stageId": "s1"})
    store_and_apply("deal.updated", DEAL | {"client": {"id": "cl_1", "name": "Acme"}, "stageId": "s2"})
    ann = apply_contact("ann", "Ann")
    apply_message("received", "m", contactId="ann", bodyText="Hello")
    for row in (Deal.objects.get(), ClientRecord.objects.get(), ann):
        text = " ".join(read_sentences(get_page(client, page_url(row))))
        assert text
        assert not ENGINE_WORDS.search(text), text


def test_what_the_viewer_may_not_see_is_not_told() -> None:
    ann = apply_contact("ann", "Ann")
    apply_message("received", "m", contactId="ann", bodyText="Hello")
    seedly("task.created", 2, taskId="t", contactId="ann", title="Call back")
    sentences = read_sentences(get_page(log_in_staff("view_contact", "view_task"), page_url(ann)))
    assert len(sentences) == 2
    assert "Hello" not in " ".join(sentences)
    limited = log_in(limit(create_member("Viewer"), ensure_source("acme-seedly"), "sa"))
    page = get_page(limited, page_url(Contact.objects.get()))
    assert len(read_sentences(page)) == 3
    assert "/admin/events/event/" not in page[page.index('id="timeline"') :]


def test_the_timeline_takes_as_many_queries_for_many_records_as_for_few(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, timeline_of(Contact.objects.get()))
        return len(captured)

    apply_contact("ann", "Ann")
    seedly("task.created", 1, taskId="t1", contactId="ann", title="Call")
    for_one = count()
    for day in range(2, 9):
        seedly("task.created", day, taskId=f"t{day}", contactId="ann", title="Call")
        apply_message("received", f"m{day}", f"k{day}", contactId="ann", bodyText="Hello")
    assert count() == for_one <= 9

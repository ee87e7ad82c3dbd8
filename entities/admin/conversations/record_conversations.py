"""The way from a record's page to conversations: those of a person, or that of a message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.http import HttpRequest
from django.urls import reverse

from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.conversations.addresses import LIST_NAME, conversation_url, message_url
from entities.admin.conversations.message_rows import Line, annotate_last_message, make_line, message_model
from entities.models import Conversation, Record

MAX_SHOWN = 3


@dataclass(frozen=True)
class ConversationLink:
    """A conversation: its page, its number of messages, and what was said last."""

    url: str
    message_count: int
    line: Line | None
    last_at: datetime | None
    is_unanswered: bool


@dataclass(frozen=True)
class RecordConversations:
    """The conversations of a record. count: of all of them. list_url: empty if all of them are shown."""

    links: tuple[ConversationLink, ...]
    count: str
    list_url: str


def build_record_conversations(request: HttpRequest, record: Record) -> RecordConversations | None:
    """Return the conversations of a record; None if it has none, or the user may not read them."""
    if not request.user.has_perm(VIEW_RECORDS):
        return None
    model, rule = message_model()
    conversations = visible_to(viewer_of(request), Conversation.objects.select_related("source"))
    if isinstance(record, model):
        return _conversation_of_message(record, conversations, rule.ref)
    if isinstance(record, model._meta.get_field(rule.party).related_model):
        return _conversations_of_party(record, conversations)
    return None


def _conversation_of_message(
    message: Record, conversations: QuerySet, ref: str
) -> RecordConversations | None:
    key = {"source": message.source, "scope": message.scope, "ref": getattr(message, ref)}
    rows = annotate_last_message(conversations.filter(**key))
    conversation = None if message.is_deleted else rows.first()
    if conversation is None:
        return None
    links = _describe([conversation], lambda one: message_url(one, message.pk))
    return RecordConversations(links, "1", "")


def _conversations_of_party(party: Record, conversations: QuerySet) -> RecordConversations | None:
    rows = conversations.filter(contact_ids__contains=[party.pk])
    counted = annotate_last_message(rows.annotate(all_count=Window(Count("*"))))
    newest: list[Any] = list(counted.order_by(F("last_message_at").desc(nulls_last=True), "ref")[:MAX_SHOWN])
    if not newest:
        return None
    count = newest[0].all_count
    has_more = count > MAX_SHOWN
    list_url = f"{reverse(f'admin:{LIST_NAME}')}?contact={party.pk}" if has_more else ""
    links = _describe(newest, conversation_url)
    return RecordConversations(links, f"{count:,}", list_url)


def _describe(
    conversations: Sequence[Any], make_url: Callable[[Conversation], str]
) -> tuple[ConversationLink, ...]:
    return tuple(
        ConversationLink(
            url=make_url(row),
            message_count=row.message_count,
            line=make_line(row.last_direction, row.last_text) if row.message_count else None,
            last_at=row.last_message_at,
            is_unanswered=row.unanswered_since is not None,
        )
        for row in conversations
    )

"""Reads the messages of conversations, in their order, by the one index that has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Collate, Left
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, line_cell
from crmmirror.lib.database.cursors import fetch_rows
from entities.access.visibility import Viewer, visible_to
from entities.admin.record_links import record_link
from entities.conversation_parties import MAX_PARTIES
from entities.models import Conversation, Record
from entities.models.conversation import INBOUND, OUTBOUND, ConversationRule
from entities.models.introspection import record_models

WAYS = {INBOUND: "in", OUTBOUND: "out"}
NO_TEXT = "no text"
# Characters that are read of a message for one line.
MAX_LINE = 1_000


@dataclass(frozen=True)
class Line:
    """The newest message of a conversation: its text as one line, and whether it came in or went out."""

    direction: str
    text: SafeString


def message_model() -> tuple[Any, ConversationRule]:
    """Return the model whose records make up conversations, with its rule."""
    return next(
        (model, model.conversation_rule) for model in record_models() if model.conversation_rule is not None
    )


def order_messages(conversation: Conversation) -> QuerySet[Any]:
    """Return a conversation's messages, newest first, each with its time as `at`.

    Deleted ones do not count. One without a time stands before all others, as in the index.
    """
    model, rule = message_model()
    key = {"source": conversation.source, "scope": conversation.scope, rule.ref: conversation.ref}
    rows = model._default_manager.filter(**key, is_deleted=False)
    rows = rows.annotate(at=Coalesce(rule.time, "first_event_at"), place=Collate("external_id", "C"))
    documents = ("extra", "registers")
    return rows.defer(*documents).order_by(F("at").desc(nulls_first=True), F("place").desc())


def count_newer(messages: QuerySet[Any], message: Any) -> int:
    """Return how many messages of a conversation are newer than this one of it."""
    if message.at is None:
        return messages.filter(at=None, place__gt=message.external_id).count()
    return messages.filter(
        Q(at=None) | Q(at__gt=message.at) | Q(at=message.at, place__gt=Value(message.external_id))
    ).count()


def read_last_lines(conversations: Sequence[Conversation]) -> dict[int, Line]:
    """Return conversation id -> what was said last in it, by one query."""
    if not conversations:
        return {}
    model, rule = message_model()
    statement = f"""
        SELECT conversation.id, message.* FROM "{Conversation._meta.db_table}" conversation
        CROSS JOIN LATERAL (
            SELECT {rule.direction}, left({rule.text}, {MAX_LINE}) FROM "{model._meta.db_table}"
            WHERE {rule.ref} = conversation.ref AND scope = conversation.scope
                AND source_id = conversation.source_id AND NOT is_deleted
            ORDER BY coalesce({rule.time}, first_event_at) DESC, external_id COLLATE "C" DESC LIMIT 1
        ) AS message
        WHERE conversation.id = ANY(%s)
    """
    ids = [conversation.pk for conversation in conversations]
    return {id: make_line(direction, text) for id, direction, text in fetch_rows(statement, ids)}


def annotate_last_message(conversations: QuerySet) -> QuerySet[Any]:
    """Add `last_direction` and `last_text` to each conversation: of what was said last in it."""
    model, rule = message_model()
    key = {column: OuterRef(column) for column in ("source", "scope")} | {rule.ref: OuterRef("ref")}
    newest = model._default_manager.filter(**key, is_deleted=False).order_by(
        Coalesce(rule.time, "first_event_at").desc(), Collate("external_id", "C").desc()
    )
    return conversations.annotate(
        last_direction=Subquery(newest.values(rule.direction)[:1]),
        last_text=Subquery(newest.annotate(line=Left(rule.text, MAX_LINE)).values("line")[:1]),
    )


def make_line(direction: str | None, text: str | None) -> Line:
    """Return a message as one line."""
    return Line(WAYS.get(direction or "", ""), line_cell(text or NO_TEXT))


def read_parties(viewer: Viewer, conversations: Iterable[Conversation]) -> dict[int, Record]:
    """Return id -> the record, for those parties of these conversations that the viewer sees, by one query.

    Of a conversation of many, MAX_PARTIES + 1 are read.
    """
    ids = {id for conversation in conversations for id in conversation.contact_ids[: MAX_PARTIES + 1]}
    if not ids:
        return {}
    model, rule = message_model()
    rows = visible_to(
        viewer, model._meta.get_field(rule.party).related_model._default_manager.filter(pk__in=ids)
    )
    return {row.pk: row for row in rows.select_related("source").defer("extra", "registers")}


def parties_cell(conversation: Conversation, parties: Mapping[int, Record]) -> SafeString:
    """Render the parties of a conversation as links; a dash if there are none."""
    shown = [parties[id] for id in conversation.contact_ids[:MAX_PARTIES] if id in parties]
    links = format_html_join(", ", "{}", ((record_link(party),) for party in shown))
    more = " and more" if len(conversation.contact_ids) > MAX_PARTIES else ""
    return format_html("{}{}", links, more) if shown else EMPTY

"""The page of one conversation: its messages in the order of their times, as people read a chat."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, shorten, text_cell
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.local_times import day_text, time_of_day_cell
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from crmmirror.lib.admin_kit.urls import change_url
from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.channel_words import channel_text
from entities.admin.conversations.message_rows import (
    WAYS,
    count_newer,
    message_model,
    order_messages,
    parties_cell,
    read_parties,
)
from entities.admin.record_links import state_badge
from entities.models import Conversation, NameKind
from entities.names import NamedId, read_names

PAGE_SIZE = 200
PARAMETERS = frozenset({"page", "message"})


@dataclass(frozen=True)
class Bubble:
    """One message. way: in, out, or empty if no event says. text: None if the vendor sent none.

    sender: whose it is, if it came in; empty if that is not said. channel, status: may be empty.
    """

    id: int
    url: str
    way: str
    sender: str
    text: SafeString | None
    channel: str
    status: SafeString | str
    time: SafeString | str


@dataclass(frozen=True)
class Day:
    """The messages of one day by the calendar of who reads, oldest first."""

    title: str
    bubbles: tuple[Bubble, ...]


def conversation_page(
    request: HttpRequest, context: dict[str, Any], source: str, scope: str, ref: str
) -> HttpResponse:
    """Show up to PAGE_SIZE messages of a conversation: the newest, or those that the address asks for.

    context: what the template of every admin page needs. Raises PermissionDenied, Http404, UnusableRequest.
    """
    if not request.user.has_perm(VIEW_RECORDS):
        raise PermissionDenied
    if unknown := request.GET.keys() - PARAMETERS:
        raise UnusableRequest(f"This page has no parameter {shorten(min(unknown))!r}; it has: page, message")
    conversation = find_conversation(request, source, scope, ref)
    messages = order_messages(conversation)
    last_page = max(1, -(-conversation.message_count // PAGE_SIZE))
    number = _read_page_number(request, messages, last_page)
    rows = list(messages[(number - 1) * PAGE_SIZE : number * PAGE_SIZE])
    parties = read_parties(viewer_of(request), [conversation])
    account = NamedId(conversation.source_id, "", NameKind.SUB_ACCOUNT, scope)
    context |= {
        "title": ", ".join(shorten(str(party)) for party in parties.values()) or "Conversation",
        "conversation": conversation,
        "parties": parties_cell(conversation, parties),
        "sub_account": shorten(read_names([account]).find(account) or scope) if scope else "",
        "unanswered_since": conversation.unanswered_since,
        "days": list(group_by_day(reversed(rows), {id: str(party) for id, party in parties.items()})),
        "older": number + 1 if number < last_page else None,
        "newer": number - 1 if number > 1 else None,
    }
    return TemplateResponse(request, "entities/conversation.html", context)


def find_conversation(request: HttpRequest, source: str, scope: str, ref: str) -> Conversation:
    """Return the conversation with this key. Raises Http404 if there is none that the user sees."""
    rows = visible_to(viewer_of(request), Conversation.objects.select_related("source"))
    conversation = rows.filter(source__slug=source, scope=scope, ref=ref).first()
    if conversation is None:
        raise Http404("There is no such conversation.")
    return conversation


def group_by_day(messages: Iterable[Any], names: dict[int, str]) -> Iterator[Day]:
    """Yield messages by the days on which they were, in their order. names: id -> name of each party."""
    for title, rows in groupby(messages, key=lambda message: _day_of(message.at)):
        yield Day(title, tuple(_make_bubble(message, names) for message in rows))


def _day_of(time: datetime | None) -> str:
    return day_text(time) if time else "Time not known"


def _make_bubble(message: Any, names: dict[int, str]) -> Bubble:
    model, rule = message_model()
    text, status = getattr(message, rule.text), getattr(message, rule.status)
    way = WAYS.get(getattr(message, rule.direction) or "", "")
    party = getattr(message, f"{rule.party}_id")
    return Bubble(
        id=message.pk,
        url=change_url(model, message.pk),
        way=way,
        sender=shorten(names.get(party, "")) if way == "in" else "",
        text=text_cell(text) if text else None,
        channel=shorten(channel_text(getattr(message, rule.channel))),
        status=(badge_cell(status) if status else "") + state_badge(message),
        time=time_of_day_cell(message.at) if message.at else "",
    )


def _read_page_number(request: HttpRequest, messages: Any, last_page: int) -> int:
    """Return the number of the page that the address asks for; the newest messages are on page 1."""
    if (id := request.GET.get("message")) is not None:
        message = messages.filter(pk=id).first() if ID_PATTERN.fullmatch(id) else None
        if message is None:
            raise UnusableRequest(f"This conversation has no message {shorten(id)!r}")
        return count_newer(messages, message) // PAGE_SIZE + 1
    text = request.GET.get("page", "1")
    if not ID_PATTERN.fullmatch(text) or not 1 <= int(text) <= last_page:
        raise UnusableRequest(f"This conversation has no page {shorten(text)!r}; it has: 1 to {last_page}")
    return int(text)

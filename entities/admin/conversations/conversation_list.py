"""The list of conversations: those in which something was said last come first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from entities.access.permissions import VIEW_RECORDS
from entities.access.visibility import viewer_of, visible_to
from entities.admin.conversations.addresses import conversation_url
from entities.admin.conversations.message_rows import (
    Line,
    message_model,
    parties_cell,
    read_last_lines,
    read_parties,
)
from entities.admin.filtered_pages.page_numbers import PAGE_PARAMETER, read_page
from entities.admin.filtered_pages.ref_choices import read_sources, source_choices
from entities.admin.record_links import name_text
from entities.models import Conversation, NameKind
from entities.names import NamedId, read_names

PAGE_SIZE = 50
# Choice -> its label, and for how long a conversation has been unanswered at least.
UNANSWERED = {
    "yes": ("unanswered", timedelta(0)),
    "day": ("unanswered for over 1 day", timedelta(days=1)),
    "3-days": ("unanswered for over 3 days", timedelta(days=3)),
    "week": ("unanswered for over 7 days", timedelta(days=7)),
}

Sources = Mapping[str, str]
"""Slug -> name of each source that the user sees."""


@dataclass(frozen=True)
class ConversationRow:
    """A conversation as the list shows it. line: what was said last; None if that is not known."""

    url: str
    parties: SafeString
    line: Line | None
    message_count: int
    source: str
    sub_account: str
    last_at: datetime | None
    unanswered_since: datetime | None


@dataclass(frozen=True)
class Choice:
    """A choice of a filter. value: as it stands in the address; None for all conversations."""

    value: str | None
    label: str
    is_chosen: bool


def conversation_list(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show one page of the conversations that the user sees, as the address filters them.

    context: what the template of every admin page needs. Raises PermissionDenied and UnusableRequest.
    """
    if not request.user.has_perm(VIEW_RECORDS):
        raise PermissionDenied
    refuse_unknown_parameters(request, (*FILTERS, PAGE_PARAMETER))
    sources = dict(source_choices(read_sources(viewer_of(request))))
    rows = visible_to(viewer_of(request), Conversation.objects.select_related("source"))
    for name in FILTERS.keys() & request.GET.keys():
        rows = FILTERS[name](rows, request.GET[name], sources)
    paginator = CappedPaginator(rows.order_by(*ORDER), PAGE_SIZE)
    page = read_page(request, paginator)
    context |= {
        "title": "Conversations",
        "page": page,
        "rows": list(_describe_rows(request, list(page.object_list))),
        "unanswered_choices": _list_choices(request, "unanswered", {k: v[0] for k, v in UNANSWERED.items()}),
        "source_choices": _list_choices(request, "source", sources) if len(sources) > 1 else [],
        "party": _describe_party(request),
    }
    return TemplateResponse(request, "entities/conversations.html", context)


def _filter_by_waiting(rows: QuerySet, value: str, sources: Sources) -> QuerySet:
    if value not in UNANSWERED:
        raise _unknown_choice("unanswered", value, UNANSWERED)
    return rows.filter(unanswered_since__lte=timezone.now() - UNANSWERED[value][1])


def _filter_by_source(rows: QuerySet, value: str, sources: Sources) -> QuerySet:
    if value not in sources:
        raise _unknown_choice("source", value, sources)
    return rows.filter(source__slug=value)


def _filter_by_party(rows: QuerySet, value: str, sources: Sources) -> QuerySet:
    if not ID_PATTERN.fullmatch(value):
        raise UnusableRequest(f"The filter 'contact' takes a record's number, not {shorten(value)!r}")
    return rows.filter(contact_ids__contains=[int(value)])


FILTERS: Mapping[str, Callable[[QuerySet, str, Sources], QuerySet]] = {
    "unanswered": _filter_by_waiting,
    "source": _filter_by_source,
    "contact": _filter_by_party,
}
ORDER = (F("last_message_at").desc(nulls_last=True), "source_id", "scope", "ref")


def _unknown_choice(name: str, value: str, choices: Mapping[str, Any]) -> UnusableRequest:
    hint = f"it has: {', '.join(choices)}" if choices else "it has none"
    return UnusableRequest(f"The filter {name!r} has no choice {shorten(value)!r}; {hint}")


def _list_choices(request: HttpRequest, name: str, labels: Mapping[str, str]) -> list[Choice]:
    chosen = request.GET.get(name)
    values: list[tuple[str | None, str]] = [(None, "all"), *labels.items()]
    return [Choice(value, label, value == chosen) for value, label in values]


def _describe_party(request: HttpRequest) -> str:
    """Return the name of the record whose conversations the list is narrowed to; empty if it is not."""
    if (id := request.GET.get("contact")) is None:
        return ""
    model, rule = message_model()
    rows = model._meta.get_field(rule.party).related_model._default_manager.filter(pk=id)
    party = visible_to(viewer_of(request), rows).first()
    return name_text(party, str(party)) if party else f"no such {rule.party}"


def _describe_rows(request: HttpRequest, conversations: list[Conversation]) -> Iterator[ConversationRow]:
    parties = read_parties(viewer_of(request), conversations)
    lines = read_last_lines(conversations)
    accounts = {row.pk: NamedId(row.source_id, "", NameKind.SUB_ACCOUNT, row.scope) for row in conversations}
    names = read_names(account for account in accounts.values() if account.ref)
    for row in conversations:
        yield ConversationRow(
            url=conversation_url(row),
            parties=parties_cell(row, parties),
            line=lines.get(row.pk),
            message_count=row.message_count,
            source=str(row.source),
            sub_account=shorten(names.find(accounts[row.pk]) or row.scope),
            last_at=row.last_message_at,
            unanswered_since=row.unanswered_since,
        )

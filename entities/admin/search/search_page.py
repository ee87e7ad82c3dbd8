"""The search of all records: the page of the hits, and which notations were tried if there are none."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from entities.access.visibility import viewer_of
from entities.admin.recent.recent_list import list_recent
from entities.admin.record_links import record_link
from entities.admin.value_cells import field_label, get_field
from entities.models import Name
from entities.models.introspection import record_models
from entities.models.naming.named_refs import columns_of_kind
from entities.search.question import Question
from entities.search.search_keys import EMAIL, NUMBER
from entities.search.searching import Hit, HitGroup, search
from entities.search.visible_documents import lacks_documents

KEY_SENTENCES = {EMAIL: "the email {}", NUMBER: "the number {}"}


def search_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show what the query `q` finds; a single hit leads straight to its page.

    context: what the template of every admin page needs.
    """
    text = request.GET.get("q", "").strip()
    result = search(viewer_of(request), text)
    hits = [hit for group in result.groups for hit in group.hits]
    if len(hits) == 1 and not result.names:
        return redirect(change_url(type(hits[0].record), hits[0].record.pk))
    context |= {
        "title": "Search",
        "search_text": text,
        "groups": [_describe_group(group, text) for group in result.groups],
        "names": [_describe_name(name) for name in result.names],
        "tried": list(describe_question(result.question)) if text and not hits else [],
        "recent": [] if text else list_recent(request.user),
        "lacks_documents": not hits and lacks_documents(),
    }
    return TemplateResponse(request, "entities/search_page.html", context)


def describe_question(question: Question) -> Iterator[str]:
    """Yield each way in which the question was understood."""
    for part in question.parts:
        if part.words:
            words = " ".join(part.words)
            yield f"the phrase “{words}”" if part.is_phrase else f"words that begin with “{words}”"
    for ending in sorted(question.endings):
        yield f"phone numbers, present and former, that end with {ending}"
    for key in sorted(question.keys):
        if key.kind in KEY_SENTENCES:
            yield KEY_SENTENCES[key.kind].format(key.text)
    yield f"the vendor's id {shorten(question.text)}"


def _describe_name(name: Name) -> dict[str, Any]:
    """Return a name, with links to the lists of the records that have its id, or are what it names."""
    places = [
        (model, {column: name.ref}) for model, column in columns_of_kind(name.kind) if column != "scope"
    ]
    places += [
        (model, {"q": name.ref, "state": "all"}) for model in record_models() if model.name_kind == name.kind
    ]
    return {
        "shown": shorten(name.shown),
        "kind": name.get_kind_display(),
        "place": " / ".join(filter(None, (str(name.source), shorten(name.scope)))),
        "lists": [
            (str(model._meta.verbose_name_plural), changelist_url(model, source=name.source.slug, **query))
            for model, query in places
        ],
    }


def _describe_group(group: HitGroup, text: str) -> dict[str, Any]:
    return {
        "label": str(group.model._meta.verbose_name_plural),
        "hits": [_describe_hit(hit) for hit in group.hits],
        "all_url": changelist_url(group.model, q=text, state="all") if group.has_more else "",
    }


def _describe_hit(hit: Hit) -> dict[str, Any]:
    explanation = hit.explanation
    column = get_field(type(hit.record), explanation.column) if explanation.column else None
    return {
        "link": record_link(hit.record),
        "source": str(hit.record.source),
        "label": "formerly" if hit.is_former else field_label(column) if column else "",
        "value": shorten(explanation.value),
    }

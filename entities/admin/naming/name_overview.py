"""The overview of names: for each source, how many ids of each kind there are, and how many have no name."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import change_url
from entities.access.visibility import viewer_of, visible_to
from entities.admin.naming.name_cells import may_name, naming_url
from entities.models import Name, NameKind


@dataclass(frozen=True)
class KindLine:
    """The ids of one kind of a source: how many there are, how many have no name, and their page."""

    title: str
    id_count: int
    unnamed_count: int
    url: str


@dataclass(frozen=True)
class SourceNames:
    """A source with the kinds of its ids. url: of the source's own page, empty if the user may not see it."""

    source: Any
    url: str
    kinds: tuple[KindLine, ...]


def mark_named(names: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate names with `is_named`: whether their id has a name among them, be it in a sub-account alone.

    names: those that the viewer sees, so that the names of other sub-accounts tell him nothing.
    """
    same = names.filter(source=OuterRef("source"), kind=OuterRef("kind"), ref=OuterRef("ref"))
    return names.annotate(is_named=Exists(same.exclude(name="", vendor_name="")))


def name_overview_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show all sources with the kinds of their ids; those with ids without a name come first."""
    if not may_name(request):
        raise PermissionDenied
    refuse_unknown_parameters(request)
    context = admin.page_context(request, "Names and order") | {"sources": list(_list_sources(request))}
    return TemplateResponse(request, "entities/name_overview.html", context)


def _list_sources(request: HttpRequest) -> Iterator[SourceNames]:
    lines: dict[int, list[KindLine]] = defaultdict(list)
    counts = (
        mark_named(visible_to(viewer_of(request), Name.objects.all()))
        .values("source", "kind")
        .annotate(ids=Count("ref", distinct=True))
        .annotate(unnamed=Count("ref", distinct=True, filter=Q(is_named=False)))
        .order_by(F("unnamed").desc(), "kind")
    )
    for row in counts:
        title = str(NameKind(row["kind"]).label).capitalize()
        url = naming_url(row["source"], row["kind"])
        lines[row["source"]].append(KindLine(title, row["ids"], row["unnamed"], url))
    source_model: Any = Name._meta.get_field("source").related_model
    may_see = request.user.has_perm("events.view_source")
    sources = visible_to(viewer_of(request), source_model._default_manager.all())
    for source in sources.order_by("slug"):
        url = change_url(source_model, source.pk) if may_see else ""
        yield SourceNames(source, url, tuple(lines[source.pk]))

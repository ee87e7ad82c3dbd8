"""The lists of the mirrored records, and the address of each record's page."""

from collections.abc import Callable, Iterable
from functools import partial, reduce
from operator import or_
from typing import Any, cast

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import DateTimeField, Field, ForeignKey, JSONField, Max, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, line_cell, shorten
from crmmirror.lib.admin_kit.list_filters import SourceFilter, period_filter, word_filter
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from entities.admin.listings import get_listing
from entities.admin.record_filters import StateFilter, reference_filter
from entities.admin.record_links import record_link
from entities.admin.record_page import build_record_page
from entities.admin.timeline_page import timeline_page
from entities.admin.value_cells import LIST_CELLS, get_field, value_cell
from entities.models import Record

# A search looks for words among this many of the newest rows; for an id among all of them.
MAX_SEARCHED_ROWS = 200_000
MAX_SEARCH_WORDS = 5
SORTABLE_COLUMNS = ("created_at", "changed_at")


class RecordList(ChangeList):
    """Leaves the documents in the database: a list shows none of them."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        listed = cast(RecordAdmin, self.model_admin).referred
        queryset = super().get_queryset(request, exclude_parameters)
        return queryset.select_related("source", *listed).defer(*_documents(self.model, listed))


class RecordAdmin(ReadOnlyAdmin):
    """Everything about the list is derived from the model and its line in `listings`."""

    ordering = ("-changed_at",)
    change_list_template = "entities/records.html"

    def __init__(self, model: type[Record], admin_site: Any) -> None:
        self.listing = get_listing(model)
        fields = [get_field(model, name) for name in self.listing.columns]
        self.referred = tuple(field.name for field in fields if isinstance(field, ForeignKey))
        self.list_display = (
            _name_column(model),
            *map(_column, (*fields, *(get_field(model, name) for name in SORTABLE_COLUMNS))),
            "source",
        )
        self.filters: tuple[type[SimpleListFilter], ...] = (
            StateFilter,
            *(word_filter(name, known) for name, known in self.listing.words.items()),
            period_filter("changed_at", "last change"),
            period_filter("created_at", "creation"),
            SourceFilter,
            *(reference_filter(field) for field in _references(model)),
        )
        named = " or ".join(str(get_field(model, name).verbose_name) for name in self.listing.search)
        self.search_help_text = (  # type: ignore[misc]
            f"Words of {named}, among the newest {MAX_SEARCHED_ROWS:,}; or the vendor's id, in full."
        )
        super().__init__(model, admin_site)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.listing.search

    def get_list_filter(self, request: HttpRequest) -> tuple[type[SimpleListFilter], ...]:
        return self.filters

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RecordList

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.model._default_manager.all()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Bounded by design: no index serves a substring."""
        if not search_term.strip():
            return queryset, False
        newest = self.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        words = Q(pk__gt=newest - MAX_SEARCHED_ROWS)
        for word in search_term.split()[:MAX_SEARCH_WORDS]:
            fields = (Q(**{f"{name}__icontains": word}) for name in self.listing.search)
            words &= reduce(or_, fields)
        return queryset.filter(Q(external_id=search_term.strip()) | words), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.timeline_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_timeline"
        return [path("<path:object_id>/timeline/", view, name=name), *super().get_urls()]

    def page_view(self, request: HttpRequest, record: Record) -> HttpResponse:
        context = self.page_context(request, shorten(str(record)))
        return TemplateResponse(
            request, "entities/record.html", context | {"page": build_record_page(record)}
        )

    def timeline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.shown(request, object_id)
        name = shorten(str(record))
        entries = timeline_page(record, request.GET.get("p", "1"))
        context = self.page_context(request, f"Timeline of {name}")
        context |= {"record": record, "record_title": name, "entries": entries}
        return TemplateResponse(request, "entities/timeline.html", context)


def _references(model: type[Record]) -> Iterable[ForeignKey]:
    fields = (field for field in model._meta.concrete_fields if isinstance(field, ForeignKey))
    return [field for field in fields if issubclass(field.related_model, Record)]


def _documents(model: type[Model], referred: Iterable[str]) -> list[str]:
    """The paths of the JSON columns, of the rows and of those that they refer to."""
    models: dict[str, Any] = {"": model} | {
        f"{name}__": get_field(model, name).related_model for name in referred
    }
    return [
        prefix + field.name
        for prefix, one in models.items()
        for field in one._meta.concrete_fields
        if isinstance(field, JSONField)
    ]


def _name_column(model: type[Record]) -> Callable[[Record], SafeString]:
    def name(record: Record) -> SafeString:
        badge = "deleted" if record.is_deleted else "placeholder" if record.is_placeholder else ""
        shown = line_cell(str(record))
        return format_html("{} {}", shown, badge_cell(badge)) if badge else shown

    name.short_description = str(model._meta.verbose_name)  # type: ignore[attr-defined]
    return name


def _column(field: Field) -> Callable[[Record], SafeString]:
    column = partial(_cell, field)
    column.__name__ = field.name  # type: ignore[attr-defined]
    in_utc = " (UTC)" if isinstance(field, DateTimeField) else ""
    column.short_description = _heading(field) + in_utc  # type: ignore[attr-defined]
    if field.name in SORTABLE_COLUMNS:
        column.admin_order_field = field.name  # type: ignore[attr-defined]
    return column


def _heading(field: Field) -> str:
    return str(field.verbose_name).removesuffix(" at").removesuffix(" name")


def _cell(field: Field, record: Record) -> SafeString:
    value = getattr(record, field.name)
    return record_link(value) if isinstance(value, Record) else value_cell(value, field, LIST_CELLS)

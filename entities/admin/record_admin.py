"""The lists of the mirrored records, and the addresses of each record's pages."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import DateField, DecimalField, Field, ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import SimpleLazyObject

from crmmirror.lib.admin_kit.list_filters import period_filter
from crmmirror.lib.admin_kit.range_filters import range_filter
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.strict_list import LIST_PARAMETERS
from entities.access.visibility import viewer_of
from entities.access.visible_rows import VisibleRowsAdmin
from entities.admin.listings import Listing, get_listing
from entities.admin.lists.choice_filters import (
    SourceInUseFilter,
    SubAccountFilter,
    named_filter,
    words_filter,
)
from entities.admin.lists.list_choice import (
    CHOICE_PARAMETERS,
    COLUMNS_VAR,
    parse_order,
    read_columns,
    sortable_columns,
)
from entities.admin.lists.list_columns import RecordColumn, column_name, list_columns, make_name_column
from entities.admin.lists.record_list import RecordList, document_paths
from entities.admin.lists.row_pages import PLACE_PATTERN
from entities.admin.recent.recent_records import note_view
from entities.admin.record_columns import column_heading
from entities.admin.record_filters import (
    StaleFilter,
    StateFilter,
    overdue_filter,
    reference_filter,
)
from entities.admin.record_page.former_values import value_page
from entities.admin.record_page.page_content import build_record_page
from entities.admin.record_page.person_link import person_url
from entities.admin.record_timeline.timeline import timeline_page
from entities.admin.saved_views.view_links import list_views
from entities.admin.search.record_search import search_help, search_records
from entities.admin.value_cells import annotate_overdue, get_field
from entities.exports.export_view import EXPORT_FORMATS, export_list, may_export
from entities.models import Record
from entities.models.introspection import mirrored_fields
from entities.models.naming.named_refs import named_refs
from entities.search.visible_documents import lacks_documents

NO_KEYS = (
    "Nothing can be found yet: the search keys of the records are missing. Somebody who runs the mirror makes"
    " them by rebuild_mirror."
)


class RecordAdmin(VisibleRowsAdmin, ReadOnlyAdmin):
    """Derives everything about a list from the model and its line in `listings`."""

    change_list_template = "entities/record_list.html"
    page_pattern = PLACE_PATTERN
    list_parameters = (*LIST_PARAMETERS, *CHOICE_PARAMETERS)

    def __init__(self, model: type[Record], admin_site: Any) -> None:
        self.listing = get_listing(model)
        self.default_order = parse_order(self.listing.order)
        self.sortable = sortable_columns(model)
        self.columns = list_columns(model, self.listing.columns)
        self.default_columns = tuple(map(column_name, self.listing.columns))
        self.name_column = make_name_column(model, self.listing.link)
        self.list_display = (self.name_column, *(self.columns[name] for name in self.default_columns))
        self.filters = tuple(_make_filters(model, self.listing, self.sortable))
        self.search_help_text = search_help(model)  # type: ignore[misc]
        super().__init__(model, admin_site)

    def get_list_display(self, request: HttpRequest) -> tuple[RecordColumn, ...]:
        return (self.name_column, *read_columns(request, self.columns, self.default_columns))

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        # Only tells that there is a search box: `get_search_results` asks the search keys.
        return tuple(self.model.searched_columns) or ("external_id",)

    def get_list_filter(self, request: HttpRequest) -> tuple[type[ListFilter], ...]:
        return self.filters

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RecordList

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return annotate_overdue(rows, self.model.overdue) if self.model.overdue else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row of a page with all that it refers to, by one query; None if there is none."""
        references = [field.name for field in self.opts.concrete_fields if isinstance(field, ForeignKey)]
        related = [path for path in document_paths(self.model, references) if "__" in path]
        rows = self.get_queryset(request).select_related(*references).defer(*related)
        try:
            return rows.get(pk=self.opts.pk.to_python(object_id))
        except (self.model.DoesNotExist, ValidationError, ValueError):
            return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if search_term.strip() and lacks_documents():
            messages.warning(request, NO_KEYS)
        return search_records(viewer_of(request), self.model, queryset, search_term), False

    def normalize_query(self, request: HttpRequest) -> QueryDict:
        """Return the query with the columns in one parameter: a form sends one for each."""
        query = super().normalize_query(request)
        if len(query.getlist(COLUMNS_VAR)) > 1:
            query[COLUMNS_VAR] = ",".join(query.getlist(COLUMNS_VAR))
        return query

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        context = {
            "title": title,
            "export_formats": EXPORT_FORMATS if may_export(request) else {},
            "saved_views": SimpleLazyObject(lambda: list_views(request, self.model)),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the list as a file."""
        return export_list(self, request)

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponseBase]] = {
            "export/": self.export_view,
            "<path:object_id>/timeline/": self.timeline_view,
            "<path:object_id>/value/": self.value_view,
        }
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(route, self.admin_site.admin_view(view), name=f"{prefix}_{route.split('/')[-2]}")
            for route, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def page_view(self, request: HttpRequest, record: Record) -> HttpResponse:
        """Render the record's page: its values with their origins, and its history."""
        page = build_record_page(request, record)
        note_view(request, record)
        context = self.page_context(request, page.head.title) | {
            "page": page,
            "person_url": person_url(request, record),
        }
        return TemplateResponse(request, "entities/record_page.html", context)

    def value_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Render the page of one value of the record: its origin, and what it was before."""
        return value_page(self, request, self.get_viewable_row(request, object_id))

    def timeline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Render a part of the record's timeline."""
        return timeline_page(self, request, self.get_viewable_row(request, object_id))


def _make_filters(
    model: type[Record], listing: Listing, sortable: tuple[str, ...]
) -> Iterable[type[ListFilter]]:
    """Yield the filters of a list, from what the model's columns are."""
    usual = listing.filter_words
    for column in (*usual, *(column for column in model.word_columns if column not in usual)):
        yield words_filter(column, usual.get(column, ()))
    for ref in named_refs(model).values():
        yield named_filter(ref.column, ref.title)
    if model.overdue is not None:
        yield overdue_filter(model.overdue)
    yield StateFilter
    if "stage_since" in model.derived_columns:
        yield StaleFilter
    yield SourceInUseFilter
    for field in model._meta.concrete_fields:
        if field.name == "sub_account":
            yield SubAccountFilter
        elif isinstance(field, ForeignKey) and issubclass(field.related_model, Record):
            yield reference_filter(field)
    yield period_filter("last_event_at", "last activity")
    yield period_filter("created_at", "creation")
    for field in _range_fields(model, sortable):
        yield range_filter(field, column_heading(field))


def _range_fields(model: type[Record], sortable: tuple[str, ...]) -> Iterable[Field]:
    """Return the columns of amounts, dates and times, but no derived one by which the list has no order."""
    names = (*mirrored_fields(model), *model.balances, *sortable)
    fields = (get_field(model, name) for name in dict.fromkeys(names))
    return [field for field in fields if isinstance(field, (DateField, DecimalField))]

"""Refused deliveries: how many of which kind in a day, and the sample of them that is kept."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities.admin import cells, filters
from entities.admin.links import list_of, page_of
from entities.admin.readonly import ReadOnlyAdmin
from events import rejection_counts, rejections
from events.models import Rejection, Source
from events.problems import Reason


class RejectionSourceFilter(filters.SourceFilter):
    """The sources, and none: an address that is no source's."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> filters.Lookups:
        return [(rejection_counts.UNKNOWN, rejection_counts.UNKNOWN), *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == rejection_counts.UNKNOWN:
            return queryset.filter(source=None)
        return super().queryset(request, queryset)


class RejectionAdmin(ReadOnlyAdmin):
    list_display = ("refused", "why", "from_source", "told", "address", "announced")
    list_display_links = None
    list_select_related = ("source",)
    list_filter = (
        filters.words("reason", tuple(Reason), other=False),
        filters.period("refused_at", "time"),
        RejectionSourceFilter,
    )
    change_list_template = "events/rejections.html"

    @admin.display(description="time (UTC)")
    def refused(self, rejection: Rejection) -> SafeString:
        return cells.minute(rejection.refused_at)

    @admin.display(description="reason")
    def why(self, rejection: Rejection) -> SafeString:
        return cells.word(rejection.reason)

    @admin.display(description="source")
    def from_source(self, rejection: Rejection) -> SafeString:
        if rejection.source is None:
            return format_html('<span class="nothing">{}</span>', rejection_counts.UNKNOWN)
        return format_html('<a href="{}">{}</a>', page_of(Source, rejection.source.pk), rejection.source)

    @admin.display(description="what the sender was told")
    def told(self, rejection: Rejection) -> SafeString:
        return cells.text(rejection.detail)

    @admin.display(description="remote address")
    def address(self, rejection: Rejection) -> SafeString:
        return cells.line(rejection.remote_address) if rejection.remote_address else cells.NOTHING

    @admin.display(description="bytes")
    def announced(self, rejection: Rejection) -> SafeString:
        return cells.NOTHING if rejection.size is None else cells.number(f"{rejection.size:,}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "Refused deliveries",
            "tallies": rejection_counts.last_day(),
            "kept": rejections.SAMPLES_KEPT,
            "a_minute": rejections.SAMPLES_A_MINUTE,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def page_view(self, request: HttpRequest, rejection: Rejection) -> HttpResponse:
        """The list says all that there is."""
        return redirect(list_of(Rejection))

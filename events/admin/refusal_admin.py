"""The admin of refused deliveries: counts by reason for the past day, and the stored samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, badge_cell, line_cell, number_cell, text_cell
from crmmirror.lib.admin_kit.list_filters import Lookups, SourceFilter, period_filter, word_filter
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from entities.access.visibility import visibility_of
from entities.access.visible_rows import VisibleRowsAdmin
from events.models import Refusal, Source
from events.refusals import counts
from events.refusals.counts import DailyRefusals, count_last_day
from events.refusals.reasons import RefusalReason
from events.refusals.refusal_buffer import MAX_SAMPLES_A_MINUTE
from events.refusals.refusal_writer import MAX_STORED_SAMPLES
from events.refusals.remedies import find_remedy


@dataclass(frozen=True)
class RefusalLine:
    """The refusals of one source and reason, and what to do about them."""

    refusals: DailyRefusals
    remedy: str


class RefusalSourceFilter(SourceFilter):
    """Filters by source, with one more choice for deliveries to an address that belongs to no source."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        return [(counts.UNKNOWN, counts.UNKNOWN), *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == counts.UNKNOWN:
            return queryset.filter(source=None)
        return super().queryset(request, queryset)


def describe_refusals(tallies: Iterable[DailyRefusals]) -> list[RefusalLine]:
    """Return a line for each source and reason."""
    return [RefusalLine(refusals, find_remedy(refusals.reason)) for refusals in tallies]


class RefusalAdmin(VisibleRowsAdmin, ReadOnlyAdmin):
    """The list of refused deliveries. They have no page of their own."""

    list_display = (
        "refusal_time",
        "reason_badge",
        "source_link",
        "answer",
        "remedy",
        "client_address",
        "body_size",
    )
    list_display_links = None
    list_select_related = ("source",)
    list_filter = (
        word_filter("reason", tuple(RefusalReason), has_other=False),
        period_filter("refused_at", "time"),
        RefusalSourceFilter,
    )
    change_list_template = "events/refusals.html"

    @admin.display(description=zoned_heading("time"))
    def refusal_time(self, refusal: Refusal) -> SafeString:
        return time_cell(refusal.refused_at, relative=True)

    @admin.display(description="reason")
    def reason_badge(self, refusal: Refusal) -> SafeString:
        return badge_cell(refusal.reason)

    @admin.display(description="source")
    def source_link(self, refusal: Refusal) -> SafeString:
        if refusal.source is None:
            return format_html('<span class="nothing">{}</span>', counts.UNKNOWN)
        return format_html('<a href="{}">{}</a>', change_url(Source, refusal.source.pk), refusal.source)

    @admin.display(description="answer to the sender")
    def answer(self, refusal: Refusal) -> SafeString:
        return text_cell(refusal.detail)

    @admin.display(description="what to do")
    def remedy(self, refusal: Refusal) -> SafeString:
        return text_cell(find_remedy(refusal.reason))

    @admin.display(description="remote address")
    def client_address(self, refusal: Refusal) -> SafeString:
        return line_cell(refusal.remote_address) if refusal.remote_address else EMPTY

    @admin.display(description="bytes")
    def body_size(self, refusal: Refusal) -> SafeString:
        return EMPTY if refusal.size is None else number_cell(f"{refusal.size:,}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": "Refused deliveries",
            "tallies": describe_refusals(count_last_day(visibility_of(request.user))),
            "max_stored": MAX_STORED_SAMPLES,
            "max_a_minute": MAX_SAMPLES_A_MINUTE,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def page_view(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        """Redirect to the list, which shows everything about a refusal."""
        return redirect(changelist_url(Refusal))

"""The filters of the list of events that take a value of one's own, and not one of a few choices."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN, FoldedFilter, Lookups
from crmmirror.lib.admin_kit.local_times import time_cell
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from events.admin.applying_again.batch_page import parse_batch_time
from events.models import LoadedEvent
from events.reports.failure_reasons import filter_by_reason


class ValueFilter(FoldedFilter):
    """A filter by the value in the address; shown only if a link or a form has set it."""

    def lookups(self, request: HttpRequest, model_admin: object) -> Lookups:
        value = self.used_parameters.get(str(self.parameter_name))
        return [(value, self.label(value))] if value else []

    def label(self, value: str) -> str:
        """Return the value for people. Raises UnusableRequest if the filter cannot use it."""
        return shorten(value)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return self.narrow(request, queryset, value) if value else queryset

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        """Return those of the events that the value is about."""
        raise NotImplementedError


class ScopeFilter(ValueFilter):
    """Filters events by sub-account."""

    title = "sub-account"
    parameter_name = "scope"

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        return events.filter(scope=value)


class ReasonFilter(ValueFilter):
    """Filters events by the reason for which they were not applied."""

    title = "reason"
    parameter_name = "reason"

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        return filter_by_reason(events, value)


class BatchFilter(ValueFilter):
    """Filters events by the act by which staff had them applied again, which its time names."""

    title = "applied again at"
    parameter_name = "reapplied_at"

    def label(self, value: str) -> str:
        return time_cell(parse_batch_time(value), seconds=True)

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        return events.filter(reapplied_at=parse_batch_time(value))


@dataclass(frozen=True)
class LoadedEvents:
    """Events that a load has read. resource, kind: of one list, and of one kind; empty for all."""

    load: str
    resource: str = ""
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.load}/{self.resource}/{self.kind}".rstrip("/")

    @classmethod
    def parse(cls, text: str) -> "LoadedEvents":
        """Read what `str` writes, such as 12/deals/new. Raises UnusableRequest."""
        load, _, rest = text.partition("/")
        resource, _, kind = rest.partition("/")
        kinds = ("", *LoadedEvent.Kind.values)
        if not ID_PATTERN.fullmatch(load) or kind not in kinds:
            raise UnusableRequest(
                "Name the events of a load by its number, a list and what they were, such as 12/deals/new, "
                f"not {shorten(text)!r}; they were {', '.join(LoadedEvent.Kind.values)}"
            )
        return cls(load, resource, kind)


class LoadFilter(ValueFilter):
    """Filters events by the load that has read them, its list, and what they were to the mirror then."""

    title = "load"
    parameter_name = "load"

    def label(self, value: str) -> str:
        chosen = LoadedEvents.parse(value)
        return ", ".join(filter(None, (chosen.load, shorten(chosen.resource), chosen.kind)))

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        chosen = LoadedEvents.parse(value)
        loaded = LoadedEvent.objects.filter(progress__load=int(chosen.load))
        if chosen.resource:
            loaded = loaded.filter(progress__resource=chosen.resource)
        if chosen.kind:
            loaded = loaded.filter(kind=chosen.kind)
        return events.filter(pk__in=loaded.values("event_id"))

"""The form above the list of events that finds them by a record, or by when they were received."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.local_times import zone_label
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.access.visibility import visible_to
from entities.models import Record, SubAccount, TimelineEntry
from entities.models.introspection import record_models_by_name
from events.admin.event_filters import ValueFilter
from events.models import Source

# The fields of the form that make up one filter together, such as record=deal/dl_1.
ENTITY_FIELD, ID_FIELD = "entity", "external_id"
SEPARATOR = "/"
PERIOD_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class RecordFilter(ValueFilter):
    """Filters events by a record that they touched: its kind and its id in the CRM, such as deal/dl_1.

    Several sources may have a record of that id; the filter by source tells them apart.
    """

    title = "record"
    parameter_name = "record"

    def label(self, value: str) -> str:
        _read_record_key(value)
        return shorten(value)

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        entity, external_id = _read_record_key(value)
        records = _find_records(request, record_models_by_name()[entity], external_id)
        touching = TimelineEntry.objects.filter(
            record_type=entity, record_id__in=list(records.values_list("pk", flat=True))
        )
        return events.filter(pk__in=touching.values("event_id"))


class ReceivedFromFilter(ValueFilter):
    """Filters events by the earliest time of receipt, in the active time zone."""

    title = "received from"
    parameter_name = "received_from"

    def label(self, value: str) -> str:
        _read_period(value)
        return value.replace("T", " ")

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        return events.filter(received_at__gte=_read_period(value)[0])


class ReceivedToFilter(ReceivedFromFilter):
    """Filters events by the last minute or day of receipt, which is included."""

    title = "received to"
    parameter_name = "received_to"

    def narrow(self, request: HttpRequest, events: QuerySet, value: str) -> QuerySet:
        return events.filter(received_at__lt=_read_period(value)[1])


FORM_FIELDS = (
    ENTITY_FIELD,
    ID_FIELD,
    RecordFilter.parameter_name,
    ReceivedFromFilter.parameter_name,
    ReceivedToFilter.parameter_name,
)


def redirect_form(request: HttpRequest) -> HttpResponse | None:
    """Lead from the fields of the form to the list's filters; None if the address has no such fields.

    Fields that were left empty are dropped.
    """
    query = request.GET.copy()
    entity, external_id = (query.pop(name, [""])[-1] for name in (ENTITY_FIELD, ID_FIELD))
    if external_id.strip():
        query[RecordFilter.parameter_name] = f"{entity}{SEPARATOR}{external_id.strip()}"
    for name in FORM_FIELDS:
        if query.get(name) == "":
            del query[name]
    if query == request.GET:
        return None
    return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def form_context(query: QueryDict) -> dict[str, Any]:
    """Return what the form shows: the filters of the address, and what it can be narrowed by."""
    entity, _, external_id = query.get(RecordFilter.parameter_name, "").partition(SEPARATOR)
    return {
        "form_entity": entity,
        "form_external_id": external_id,
        "form_from": _to_minute(query.get(ReceivedFromFilter.parameter_name, ""), "T00:00"),
        "form_to": _to_minute(query.get(ReceivedToFilter.parameter_name, ""), "T23:59"),
        "form_is_open": any(query.get(name) for name in FORM_FIELDS),
        "form_entities": [
            (name, model._meta.verbose_name) for name, model in record_models_by_name().items()
        ],
        "form_others": [
            (name, value)
            for name, values in query.lists()
            if name not in (*FORM_FIELDS, "p")
            for value in values
        ],
        "form_zone": zone_label(),
    }


def _to_minute(text: str, time_of_day: str) -> str:
    """Return a day or a minute as the form's fields take it: with a time of day."""
    return f"{text}{time_of_day}" if text and "T" not in text else text


def _read_record_key(text: str) -> tuple[str, str]:
    """Return the name of the record's model, and its id in the CRM. Raises UnusableRequest."""
    entity, _, external_id = text.partition(SEPARATOR)
    if entity not in record_models_by_name() or not external_id:
        known = ", ".join(record_models_by_name())
        raise UnusableRequest(f"Name a record by its kind, / and id, not {shorten(text)!r}; kinds: {known}")
    return entity, external_id


def _find_records(request: HttpRequest, model: type[Record], external_id: str) -> QuerySet[Record]:
    """Return the records of that id that the user sees, in any sub-account of any source."""
    # Sources and sub-accounts are listed, because the index of the ids begins with them.
    scopes = ["", *SubAccount.objects.values_list("external_id", flat=True)]
    rows = model._default_manager.filter(
        source__in=list(Source.objects.values_list("pk", flat=True)),
        scope__in=scopes,
        external_id=external_id,
    )
    return visible_to(request.user, rows)


def _read_period(text: str) -> tuple[datetime, datetime]:
    """Return when a day or a minute of the active zone begins and ends. Raises UnusableRequest."""
    try:
        if not PERIOD_PATTERN.fullmatch(text):
            raise ValueError("neither a day nor a minute")
        local = datetime.fromisoformat(text).replace(tzinfo=timezone.get_current_timezone())
        following = local + (MINUTE if "T" in text else DAY)
        return local.astimezone(UTC), following.astimezone(UTC)
    # The first and the last day that a time can have are not whole in every zone.
    except (ValueError, OverflowError):
        raise UnusableRequest(
            f"Write a day as 2025-01-15 or a time as 2025-01-15T14:30, not {shorten(text)!r}"
        ) from None

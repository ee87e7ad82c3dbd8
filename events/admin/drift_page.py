"""The page of the drift report: what vendors send that the mapping does not know, and where to find it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.visibility import visibility_of
from entities.admin.record_links import event_url
from entities.models.introspection import record_models_by_name
from entities.vendors import all_vendors
from events.admin.applying_again.apply_again import REAPPLY_PERMISSION, reapply_url
from events.models import Event
from events.reports.mapping_coverage import FindingKind
from events.reports.schema_drift import MAX_FINDINGS, PAGE_LIMITS, DriftReport, Finding, find_drift

PERIODS_IN_DAYS = (1, 7, 30, 90, 365)
DEFAULT_DAYS = 30

# The heading of each kind of finding, and its meaning.
SECTION_TEXTS = {
    FindingKind.UNKNOWN_TYPE: (
        "Event types that the mapping does not know",
        "Events of these types are stored and ignored.",
    ),
    FindingKind.UNKNOWN_FIELD: (
        "Fields that the mapping does not name",
        "Their values are kept among the other fields of the record.",
    ),
    FindingKind.UNREADABLE_VALUE: (
        "Values that cannot be read",
        "The mapping names the field, but its column cannot hold such a value. The column is empty until a"
        " newer event brings a value that fits.",
    ),
    FindingKind.UNUSED_VALUE: (
        "Values that are not used",
        "The mapping names the field, but another field of the same event filled the column, or the event"
        " lacks the id of the record that the value belongs to.",
    ),
    FindingKind.NEWLY_MAPPED_TYPE: (
        "Event types that the mapping knows by now",
        "Apply these events again to bring their values into the records.",
    ),
    FindingKind.NEWLY_MAPPED_FIELD: (
        "Fields that the mapping knows by now",
        "Apply these events again, or run manage.py rebuild_mirror, to bring their values into the columns.",
    ),
}


@dataclass(frozen=True)
class TypeLine:
    """The event type of one finding, and its pages; an empty URL is no link."""

    finding: Finding
    event_type: str
    list_url: str
    reapply_url: str
    example_url: str


@dataclass(frozen=True)
class Line:
    """A field of a record, or an event type as a whole, with the event types in which it was found.

    events: in all of `types`. first, last: when the first and the last of them were received.
    """

    vendor: str
    record: str
    path: str
    events: int
    first: datetime
    last: datetime
    types: tuple[TypeLine, ...]


@dataclass(frozen=True)
class Section:
    """The findings of one kind. `has_fields`: False if they are about event types as a whole."""

    title: str
    meaning: str
    has_fields: bool
    is_cut: bool
    lines: tuple[Line, ...]


def drift_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Show the drift of a period, of one vendor or of all."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    days, vendor = _requested_days(request), _requested_vendor(request)
    report = find_drift(days, vendor, PAGE_LIMITS, visibility_of(request.user))
    context = admin.page_context(request, "Drift") | {
        "days": days,
        "periods": PERIODS_IN_DAYS,
        "vendor": vendor,
        "vendors": [(known.name, known.label) for known in all_vendors().values()],
        "sections": [section for kind in FindingKind if (section := _section(kind, report)).lines],
        "report": report,
        "is_partial": report.types_since != report.since or report.fields_since != report.since,
        "may_apply": request.user.has_perm(REAPPLY_PERMISSION),
    }
    return TemplateResponse(request, "events/drift.html", context)


def _requested_days(request: HttpRequest) -> int:
    days = request.GET.get("days", str(DEFAULT_DAYS))
    periods = [str(period) for period in PERIODS_IN_DAYS]
    if days not in periods:
        raise Http404(f"There is no report of {shorten(days)!r} days; choose one of: {', '.join(periods)}.")
    return int(days)


def _requested_vendor(request: HttpRequest) -> str:
    vendor = request.GET.get("vendor", "")
    if vendor and vendor not in all_vendors():
        known = ", ".join(sorted(all_vendors()))
        raise Http404(f"There is no vendor {shorten(vendor)!r}; choose one of: {known}.")
    return vendor


def _section(kind: FindingKind, report: DriftReport) -> Section:
    title, meaning = SECTION_TEXTS[kind]
    findings = report.findings_of(kind)
    lines = tuple(sorted(map(_line, _group_by_field(findings)), key=lambda line: -line.events))
    has_fields = any(line.path for line in lines)
    return Section(title, meaning, has_fields, len(findings) >= MAX_FINDINGS, lines)


def _group_by_field(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    """Return the findings of each field together; those about an event type as a whole one by one."""
    groups: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        whole_type = "" if finding.path else finding.event_type
        groups[finding.vendor, finding.record_type, finding.path, whole_type].append(finding)
    return groups.values()


def _line(findings: list[Finding]) -> Line:
    """Sum up the findings of one field. An event has one type, so that their events add up."""
    any_of_them = findings[0]
    model = record_models_by_name().get(any_of_them.record_type)
    return Line(
        vendor=any_of_them.vendor,
        record=str(model._meta.verbose_name) if model else any_of_them.record_type,
        path=shorten(any_of_them.path),
        events=sum(finding.events for finding in findings),
        first=min(finding.first for finding in findings),
        last=max(finding.last for finding in findings),
        types=tuple(map(_type_line, findings)),
    )


def _type_line(finding: Finding) -> TypeLine:
    ignored = {"status": str(Event.Status.IGNORED)}
    filters_by_kind = {
        FindingKind.UNKNOWN_TYPE: ignored | {"q": finding.event_type},
        FindingKind.NEWLY_MAPPED_TYPE: ignored | {"event_type": finding.event_type},
    }
    filters = filters_by_kind.get(finding.kind)
    can_reapply = finding.kind is FindingKind.NEWLY_MAPPED_TYPE
    return TypeLine(
        finding=finding,
        event_type=shorten(finding.event_type),
        list_url=changelist_url(Event, **filters) if filters else "",
        reapply_url=reapply_url(**filters) if filters and can_reapply else "",
        example_url=event_url(finding.example),
    )

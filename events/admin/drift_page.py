"""The drift report as a page: what vendors send that the mapping does not know, and where to look at it."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.admin.record_links import event_url
from entities.models.introspection import record_models_by_name
from entities.vendors import all_vendors
from events.admin.failed_page import REAPPLY_PERMISSION, reapply_url
from events.models import Event
from events.reports.mapping_coverage import FindingKind
from events.reports.schema_drift import MAX_FINDINGS, PAGE_LIMITS, DriftReport, Finding, find_drift

DAYS = (1, 7, 30, 90, 365)
DEFAULT_DAYS = 30

# Heading and meaning of each kind.
KINDS = {
    FindingKind.TYPE: ("Event types that the mapping does not know", "Such events are kept, and ignored."),
    FindingKind.FIELD: (
        "Fields that the mapping does not name",
        "They are kept in the record's other fields.",
    ),
    FindingKind.VALUE: (
        "Values that cannot be read",
        "The mapping names the field, but not such a value: the column is empty until a newer one comes.",
    ),
    FindingKind.SPARE: (
        "Second words",
        "The mapping names the field; another one said something else and counts, or there is no record"
        " that this would be said of.",
    ),
    FindingKind.LEARNT_TYPE: (
        "Event types that are known by now",
        "Apply these events again to have what they say.",
    ),
    FindingKind.LEARNT_FIELD: (
        "Fields that are known by now",
        "Apply these events again, or run manage.py rebuild_mirror, to have their values in the columns.",
    ),
}


@dataclass(frozen=True)
class Line:
    """A finding, and where it leads; an empty address leads nowhere."""

    finding: Finding
    event_type: str
    record: str
    path: str
    list_url: str
    again_url: str
    example_url: str


@dataclass(frozen=True)
class Section:
    title: str
    meaning: str
    has_fields: bool
    is_cut: bool
    lines: tuple[Line, ...]


def drift_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    days, vendor = _days(request), _vendor(request)
    found = find_drift(days, vendor, PAGE_LIMITS)
    context = admin.page_context(request, "Drift") | {
        "days": days,
        "periods": DAYS,
        "vendor": vendor,
        "vendors": [(one.name, one.label) for one in all_vendors().values()],
        "sections": [section for kind in FindingKind if (section := _section(kind, found)).lines],
        "found": found,
        "may_apply": request.user.has_perm(REAPPLY_PERMISSION),
    }
    return TemplateResponse(request, "events/drift.html", context)


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", str(DEFAULT_DAYS))
    if asked not in map(str, DAYS):
        raise Http404("There is no report of such a period.")
    return int(asked)


def _vendor(request: HttpRequest) -> str:
    asked = request.GET.get("vendor", "")
    if asked and asked not in all_vendors():
        raise Http404("There is no such vendor.")
    return asked


def _section(kind: FindingKind, found: DriftReport) -> Section:
    title, meaning = KINDS[kind]
    lines = tuple(_line(finding) for finding in found.of(kind))
    has_fields = any(line.path for line in lines)
    return Section(title, meaning, has_fields, len(lines) >= MAX_FINDINGS, lines)


def _line(finding: Finding) -> Line:
    ignored = {"status": str(Event.Status.IGNORED)}
    by_kind = {
        FindingKind.TYPE: ignored | {"q": finding.event_type},
        FindingKind.LEARNT_TYPE: ignored | {"event_type": finding.event_type},
    }
    chosen = by_kind.get(finding.kind)
    model = record_models_by_name().get(finding.record_type)
    return Line(
        finding=finding,
        event_type=shorten(finding.event_type),
        record=str(model._meta.verbose_name) if model else finding.record_type,
        path=shorten(finding.path),
        list_url=changelist_url(Event, **chosen) if chosen else "",
        again_url=reapply_url(**chosen) if chosen and finding.kind is FindingKind.LEARNT_TYPE else "",
        example_url=event_url(finding.example),
    )

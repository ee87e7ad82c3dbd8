"""The drift report as a page: what vendors send that the mapping does not know, and where to look at it."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from entities import vendors
from entities.admin import cells
from entities.admin.links import event_page, list_of
from entities.admin.readonly import ReadOnlyAdmin
from entities.schema import by_name
from events.admin.failed import MAY_APPLY, again_url
from events.drift import MAX_FINDINGS, PAGE, Drift, Finding, drift
from events.known import Kind
from events.models import Event

DAYS = (1, 7, 30, 90, 365)
DEFAULT_DAYS = 30

# Heading and meaning of each kind.
KINDS = {
    Kind.TYPE: ("Event types that the mapping does not know", "Such events are kept, and ignored."),
    Kind.FIELD: ("Fields that the mapping does not name", "They are kept in the record's other fields."),
    Kind.VALUE: (
        "Values that cannot be read",
        "The mapping names the field, but not such a value: the column is empty until a newer one comes.",
    ),
    Kind.SPARE: (
        "Second words",
        "The mapping names the field; another one said something else and counts, or there is no record"
        " that this would be said of.",
    ),
    Kind.LEARNT_TYPE: (
        "Event types that are known by now",
        "Apply these events again to have what they say.",
    ),
    Kind.LEARNT_FIELD: (
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
    found = drift(days, vendor, PAGE)
    context = admin.page_context(request, "Drift") | {
        "days": days,
        "periods": DAYS,
        "vendor": vendor,
        "vendors": [(one.name, one.label) for one in vendors.every().values()],
        "sections": [section for kind in Kind if (section := _section(kind, found)).lines],
        "found": found,
        "may_apply": request.user.has_perm(MAY_APPLY),
    }
    return TemplateResponse(request, "events/drift.html", context)


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", str(DEFAULT_DAYS))
    if asked not in map(str, DAYS):
        raise Http404("There is no report of such a period.")
    return int(asked)


def _vendor(request: HttpRequest) -> str:
    asked = request.GET.get("vendor", "")
    if asked and asked not in vendors.every():
        raise Http404("There is no such vendor.")
    return asked


def _section(kind: Kind, found: Drift) -> Section:
    title, meaning = KINDS[kind]
    lines = tuple(_line(finding) for finding in found.of(kind))
    has_fields = any(line.path for line in lines)
    return Section(title, meaning, has_fields, len(lines) >= MAX_FINDINGS, lines)


def _line(finding: Finding) -> Line:
    ignored = {"status": str(Event.Status.IGNORED)}
    by_kind = {
        Kind.TYPE: ignored | {"q": finding.event_type},
        Kind.LEARNT_TYPE: ignored | {"event_type": finding.event_type},
    }
    chosen = by_kind.get(finding.kind)
    model = by_name().get(finding.record_type)
    return Line(
        finding=finding,
        event_type=cells.short(finding.event_type),
        record=str(model._meta.verbose_name) if model else finding.record_type,
        path=cells.short(finding.path),
        list_url=list_of(Event, **chosen) if chosen else "",
        again_url=again_url(**chosen) if chosen and finding.kind is Kind.LEARNT_TYPE else "",
        example_url=event_page(finding.example),
    )

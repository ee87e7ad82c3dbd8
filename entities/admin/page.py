"""What a record's page shows, as values that its template only lays out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page as TimelinePage
from django.db.models import Field, ForeignKey, JSONField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities.admin import cells
from entities.admin.documents import document
from entities.admin.links import event_page, link, timeline_of
from entities.admin.past import Past, past_of
from entities.admin.referrers import Referrer, referrers_of
from entities.admin.timeline import timeline_page
from entities.admin.values import ON_PAGE, column, label, show
from entities.models import Record
from entities.provenance import Provenance, provenance
from entities.registers import ADDITION, EXISTS, EXTRA, Invalid, load
from entities.schema import COMMON
from entities.vendor import Rank

# Of a document's or the extra's keys.
MAX_ROWS = 200


@dataclass(frozen=True)
class Origin:
    """The event that a value is from; `is_copy` where it was said beside a reference to the record."""

    url: str
    event_type: str
    at: SafeString
    is_copy: bool


@dataclass(frozen=True)
class Row:
    label: str
    value: SafeString
    origin: Origin | None


@dataclass(frozen=True)
class Group:
    """Rows under a heading.

    unsaid: names the columns that no event has given a value; left_out: says how many rows are not
    shown. Either may be empty.
    """

    title: str
    rows: tuple[Row, ...]
    unsaid: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class Page:
    record: Record
    deletion: Origin | None
    groups: tuple[Group, ...]
    referrers: tuple[Referrer, ...]
    pasts: tuple[Past, ...]
    timeline: TimelinePage
    timeline_url: str


def page(record: Record) -> Page:
    origins = {name: _origin(found) for name, found in provenance(record).items()}
    groups = (*_groups(record, origins), _extra(record, origins), _keys(record, origins))
    return Page(
        record=record,
        deletion=origins.get(EXISTS) if record.is_deleted else None,
        groups=tuple(group for group in groups if group.rows or group.unsaid),
        referrers=tuple(referrers_of(record)),
        pasts=tuple(past_of(record, column) for column in record.tracked),
        timeline=timeline_page(record, "1"),
        timeline_url=timeline_of(record),
    )


def _origin(found: Provenance) -> Origin:
    at = cells.minute(found.occurred_at)
    return Origin(event_page(found.event_id), cells.short(found.event_type), at, found.rank is Rank.COPY)


def _groups(record: Record, origins: Mapping[str, Origin]) -> Iterator[Group]:
    """The model's own columns by their kind, each whole document in a group of its own."""
    own = [field for field in record._meta.concrete_fields if field.name not in COMMON]
    documents = [field for field in own if isinstance(field, JSONField)]
    referring = [field for field in own if isinstance(field, ForeignKey)]
    ids = [field for field in own if field.name.endswith("_ref")]
    apart = {field.name for field in (*documents, *referring, *ids)}
    yield _group(record, origins, "Details", [field for field in own if field.name not in apart])
    yield _group(record, origins, "Refers to", referring + ids)
    for field in documents:
        yield _document(record, origins, field)


def _group(record: Record, origins: Mapping[str, Origin], title: str, fields: Iterable[Field]) -> Group:
    rows: list[Row] = []
    unsaid: list[str] = []
    state = load(record.registers)
    for field in fields:
        value, origin = getattr(record, field.name), _newest(field.name, origins)
        register = state.get(field.name)
        if value is None and origin is None:
            unsaid.append(label(field))
        else:
            invalid = register.value if register and isinstance(register.value, Invalid) else None
            cell = _unreadable(invalid) if invalid else _value(value, field)
            rows.append(Row(label(field), cell, origin))
    return Group(title, tuple(rows), ", ".join(unsaid))


def _unreadable(value: Invalid) -> SafeString:
    return format_html('{} <span class="nothing">not readable</span>', document(value.raw))


def _newest(column: str, origins: Mapping[str, Origin]) -> Origin | None:
    """A column's origin; that of a set's whole value, else of one of its additions."""
    additions = (origin for name, origin in origins.items() if name.startswith(column + ADDITION))
    return origins.get(column) or next(additions, None)


def _value(value: Any, field: Field) -> SafeString:
    return link(value) if isinstance(value, Record) else show(value, field, ON_PAGE)


def _document(record: Record, origins: Mapping[str, Origin], field: Field) -> Group:
    """An object's keys as rows."""
    value, origin = getattr(record, field.name), origins.get(field.name)
    title = label(field).capitalize()
    if value is None and origin is None:
        return Group(title, ())
    if not isinstance(value, dict) or not value:
        return Group(title, (Row(title, document(value), origin),))
    rows = (Row(cells.short(key), document(item), origin) for key, item in list(value.items())[:MAX_ROWS])
    return Group(title, tuple(rows), left_out=_left_out(value))


def _extra(record: Record, origins: Mapping[str, Origin]) -> Group:
    items = sorted(record.extra.items())[:MAX_ROWS]
    rows = (Row(cells.short(key), document(value), origins.get(EXTRA + key)) for key, value in items)
    return Group("Other fields of the vendor", tuple(rows), left_out=_left_out(record.extra))


def _left_out(value: Mapping[str, Any]) -> str:
    return f"{len(value) - MAX_ROWS:,} more: see the events" if len(value) > MAX_ROWS else ""


def _keys(record: Record, origins: Mapping[str, Origin]) -> Group:
    """What every record has, and the mirror's own times."""
    names = ("external_id", "source", "sub_account", "created_at", "first_seen_at", "changed_at")
    fields = {name: column(type(record), name) for name in names}
    shown = ((field, getattr(record, name)) for name, field in fields.items())
    rows = (
        Row(label(field), _keys_value(value, field), origins.get(field.name))
        for field, value in shown
        if value is not None
    )
    return Group("Record", tuple(rows))


def _keys_value(value: Any, field: Field) -> SafeString:
    return cells.text(str(value)) if field.name == "source" else _value(value, field)

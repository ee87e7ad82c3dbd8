"""What a record's page shows, as values that its template only lays out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page as TimelinePage
from django.db.models import Field, ForeignKey, JSONField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import minute_cell, shorten, text_cell
from crmmirror.lib.admin_kit.documents import document_cell
from entities.admin.former_values import FormerValues, former_values
from entities.admin.record_links import event_url, record_link, timeline_url
from entities.admin.referrers import Referrer, find_referrers
from entities.admin.timeline_page import timeline_page
from entities.admin.value_cells import PAGE_CELLS, field_label, get_field, value_cell
from entities.merge.clock import Rank
from entities.merge.registers import ADDITION, EXISTS, EXTRA, Invalid, load_state
from entities.models import Record
from entities.models.introspection import COMMON_FIELDS
from entities.provenance import Provenance, find_provenance

# Of a document's or the extra's keys.
MAX_ROWS = 200


@dataclass(frozen=True)
class ValueOrigin:
    """The event that a value is from; `is_copy` where it was said beside a reference to the record."""

    url: str
    event_type: str
    at: SafeString
    is_copy: bool


@dataclass(frozen=True)
class Row:
    label: str
    value: SafeString
    origin: ValueOrigin | None


@dataclass(frozen=True)
class RowGroup:
    """Rows under a heading.

    unsaid: names the columns that no event has given a value; left_out: says how many rows are not
    shown. Either may be empty.
    """

    title: str
    rows: tuple[Row, ...]
    unsaid: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class RecordPage:
    record: Record
    deletion: ValueOrigin | None
    groups: tuple[RowGroup, ...]
    referrers: tuple[Referrer, ...]
    pasts: tuple[FormerValues, ...]
    timeline: TimelinePage
    timeline_url: str


def build_record_page(record: Record) -> RecordPage:
    origins = {name: _origin(found) for name, found in find_provenance(record).items()}
    groups = (*_groups(record, origins), _extra(record, origins), _keys(record, origins))
    return RecordPage(
        record=record,
        deletion=origins.get(EXISTS) if record.is_deleted else None,
        groups=tuple(group for group in groups if group.rows or group.unsaid),
        referrers=tuple(find_referrers(record)),
        pasts=tuple(former_values(record, column) for column in record.tracked_columns),
        timeline=timeline_page(record, "1"),
        timeline_url=timeline_url(record),
    )


def _origin(found: Provenance) -> ValueOrigin:
    at = minute_cell(found.occurred_at)
    return ValueOrigin(event_url(found.event_id), shorten(found.event_type), at, found.rank is Rank.COPY)


def _groups(record: Record, origins: Mapping[str, ValueOrigin]) -> Iterator[RowGroup]:
    """The model's own columns by their kind, each whole document in a group of its own."""
    own = [field for field in record._meta.concrete_fields if field.name not in COMMON_FIELDS]
    documents = [field for field in own if isinstance(field, JSONField)]
    referring = [field for field in own if isinstance(field, ForeignKey)]
    ids = [field for field in own if field.name.endswith("_ref")]
    apart = {field.name for field in (*documents, *referring, *ids)}
    yield _group(record, origins, "Details", [field for field in own if field.name not in apart])
    yield _group(record, origins, "Refers to", referring + ids)
    for field in documents:
        yield _document(record, origins, field)


def _group(
    record: Record, origins: Mapping[str, ValueOrigin], title: str, fields: Iterable[Field]
) -> RowGroup:
    rows: list[Row] = []
    unsaid: list[str] = []
    state = load_state(record.registers)
    for field in fields:
        value, origin = getattr(record, field.name), _newest(field.name, origins)
        register = state.get(field.name)
        if value is None and origin is None:
            unsaid.append(field_label(field))
        else:
            invalid = register.value if register and isinstance(register.value, Invalid) else None
            cell = _unreadable(invalid) if invalid else _value(value, field)
            rows.append(Row(field_label(field), cell, origin))
    return RowGroup(title, tuple(rows), ", ".join(unsaid))


def _unreadable(value: Invalid) -> SafeString:
    return format_html('{} <span class="nothing">not readable</span>', document_cell(value.raw))


def _newest(column: str, origins: Mapping[str, ValueOrigin]) -> ValueOrigin | None:
    """A column's origin; that of a set's whole value, else of one of its additions."""
    additions = (origin for name, origin in origins.items() if name.startswith(column + ADDITION))
    return origins.get(column) or next(additions, None)


def _value(value: Any, field: Field) -> SafeString:
    return record_link(value) if isinstance(value, Record) else value_cell(value, field, PAGE_CELLS)


def _document(record: Record, origins: Mapping[str, ValueOrigin], field: Field) -> RowGroup:
    """An object's keys as rows."""
    value, origin = getattr(record, field.name), origins.get(field.name)
    title = field_label(field).capitalize()
    if value is None and origin is None:
        return RowGroup(title, ())
    if not isinstance(value, dict) or not value:
        return RowGroup(title, (Row(title, document_cell(value), origin),))
    rows = (Row(shorten(key), document_cell(item), origin) for key, item in list(value.items())[:MAX_ROWS])
    return RowGroup(title, tuple(rows), left_out=_left_out(value))


def _extra(record: Record, origins: Mapping[str, ValueOrigin]) -> RowGroup:
    items = sorted(record.extra.items())[:MAX_ROWS]
    rows = (Row(shorten(key), document_cell(value), origins.get(EXTRA + key)) for key, value in items)
    return RowGroup("Other fields of the vendor", tuple(rows), left_out=_left_out(record.extra))


def _left_out(value: Mapping[str, Any]) -> str:
    return f"{len(value) - MAX_ROWS:,} more: see the events" if len(value) > MAX_ROWS else ""


def _keys(record: Record, origins: Mapping[str, ValueOrigin]) -> RowGroup:
    """What every record has, and the mirror's own times."""
    names = ("external_id", "source", "sub_account", "created_at", "first_seen_at", "changed_at")
    fields = {name: get_field(type(record), name) for name in names}
    shown = ((field, getattr(record, name)) for name, field in fields.items())
    rows = (
        Row(field_label(field), _keys_value(value, field), origins.get(field.name))
        for field, value in shown
        if value is not None
    )
    return RowGroup("Record", tuple(rows))


def _keys_value(value: Any, field: Field) -> SafeString:
    return text_cell(str(value)) if field.name == "source" else _value(value, field)

"""The values of a record's page in groups: each value in a row, beside the event that it comes from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, ForeignKey, JSONField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten, text_cell
from crmmirror.lib.admin_kit.documents import document_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_links import EventLinks, conversation_cell, record_link
from entities.admin.value_cells import PAGE_CELLS, column_cell, field_label, get_field
from entities.conversation_parties import find_unnamed_parties
from entities.merge import extra_bounds
from entities.merge.balance_rule import Balance
from entities.merge.clock import Rank
from entities.merge.registers import ADDITION, EXTRA, Invalid, load_state
from entities.models import Record
from entities.models.introspection import COMMON_FIELDS, record_models_by_name
from entities.models.naming.named_refs import named_refs
from entities.provenance import Provenance

# Keys of one document, or of `extra`, that a page shows.
MAX_ROWS = 200
NOBODY: Mapping[str, list[Record]] = {}
# Every record has these; the last two are the mirror's own times.
KEY_COLUMNS = (
    *("external_id", "source", "sub_account", "created_at", "first_event_at", "last_event_at"),
    *("first_seen_at", "changed_at"),
)


@dataclass(frozen=True)
class ValueOrigin:
    """The event that a value comes from.

    url: its page; empty if the viewer may not open it.
    is_copy: the event is about another record, and told the value together with a reference to this one.
    """

    url: str
    event_type: str
    occurred_at: SafeString
    is_copy: bool


Origins = Mapping[str, ValueOrigin]


@dataclass(frozen=True)
class Row:
    """One labelled value; the mirror's own values have no origin. note: what a value is computed from."""

    label: str
    value: SafeString
    origin: ValueOrigin | None
    note: str = ""


@dataclass(frozen=True)
class RowGroup:
    """Rows under a heading.

    empty_labels: the columns that no event has given a value, with commas between them; may be empty.
    omission: a sentence about rows that are not shown; may be empty.
    """

    title: str
    rows: tuple[Row, ...]
    empty_labels: str = ""
    omission: str = ""


def make_origin(provenance: Provenance, links: EventLinks) -> ValueOrigin:
    """Return a value's origin as the page shows it."""
    return ValueOrigin(
        url=links.url(provenance.event_id),
        event_type=shorten(provenance.event_type),
        occurred_at=time_cell(provenance.occurred_at),
        is_copy=provenance.rank is Rank.COPY,
    )


def build_row_groups(record: Record, origins: Origins, cells: NameCells) -> Iterator[RowGroup]:
    """Yield the record's groups that have something to show. origins: register or column name -> origin."""
    groups = (
        *_column_groups(record, origins, cells),
        _extra_group(record, origins),
        _key_group(record, origins, cells),
    )
    return (group for group in groups if group.rows or group.empty_labels)


def _column_groups(record: Record, origins: Origins, cells: NameCells) -> Iterator[RowGroup]:
    """Yield the model's own columns by their kind, and each JSON column as a group."""
    fields = [field for field in record._meta.concrete_fields if field.name not in COMMON_FIELDS]
    documents = [field for field in fields if isinstance(field, JSONField)]
    records = [field for field in fields if isinstance(field, ForeignKey)]
    references = [*records, *(field for field in fields if field.name.endswith("_ref"))]
    details = [field for field in fields if field not in documents and field not in references]
    yield _column_group(record, origins, cells, "Details", details)
    yield _column_group(record, origins, cells, "Refers to", references, _unnamed_parties(record))
    for field in documents:
        yield _document_group(record, origins, field)


def _unnamed_parties(record: Record) -> dict[str, list[Record]]:
    """Return the parties of the record's conversation, by the column in which it names none of them."""
    rule = record.conversation_rule
    parties = find_unnamed_parties([record]).get(record.pk)
    return {rule.party: parties} if rule and parties else {}


def _column_group(
    record: Record,
    origins: Origins,
    cells: NameCells,
    title: str,
    fields: Iterable[Field],
    unnamed: Mapping[str, list[Record]] = NOBODY,
) -> RowGroup:
    """Return a group of columns. unnamed: what stands for a reference that is null."""
    rows: list[Row] = []
    empty_labels: list[str] = []
    state = load_state(record.registers)
    for field in fields:
        value, origin = getattr(record, field.name), _column_origin(field.name, origins)
        if value is None and (parties := unnamed.get(field.name)):
            rows.append(Row(field_label(field), conversation_cell(parties), origin))
            continue
        if rule := record.balances.get(field.name):
            cell = column_cell(record, field, PAGE_CELLS)
            rows.append(Row(field_label(field), cell, None, _describe_balance(record, rule)))
            continue
        if value is None and origin is None:
            empty_labels.append(field_label(field))
            continue
        register = state.get(field.name)
        invalid = register.value if register and isinstance(register.value, Invalid) else None
        cell = _invalid_cell(invalid) if invalid else _value_cell(record, field, cells)
        rows.append(Row(field_label(field), cell, origin))
    return RowGroup(title, tuple(rows), ", ".join(empty_labels))


def _column_origin(column: str, origins: Origins) -> ValueOrigin | None:
    """Return a column's origin: of the whole value, or else of one addition to a set."""
    additions = (origin for name, origin in origins.items() if name.startswith(column + ADDITION))
    return origins.get(column) or next(additions, None)


def _invalid_cell(value: Invalid) -> SafeString:
    return format_html('{} <span class="nothing">not readable</span>', document_cell(value.raw))


def _value_cell(record: Record, field: Field, cells: NameCells) -> SafeString:
    value = getattr(record, field.name)
    if isinstance(value, Record):
        return record_link(value, cells.names.find_own(value))
    if field.name in named_refs(type(record)):
        return cells.page_cell(record, field.name, value)
    return column_cell(record, field, PAGE_CELLS)


def _describe_balance(record: Record, rule: Balance) -> str:
    """Say what a balance is computed from: no single event gives it."""
    columns = (get_field(type(record), name) for name in (rule.total, rule.paid, rule.currency, rule.status))
    parts = record_models_by_name()[rule.part_model]._meta.verbose_name_plural
    return f"computed from {', '.join(map(field_label, columns))} and the {parts}"


def _document_group(record: Record, origins: Origins, field: Field) -> RowGroup:
    """Return a JSON column's group: an object has a row for each key, any other value one row."""
    value, origin = getattr(record, field.name), origins.get(field.name)
    title = field_label(field).capitalize()
    if value is None and origin is None:
        return RowGroup(title, ())
    if not isinstance(value, dict) or not value:
        return RowGroup(title, (Row(title, document_cell(value), origin),))
    rows = (Row(shorten(key), document_cell(item), origin) for key, item in list(value.items())[:MAX_ROWS])
    return RowGroup(title, tuple(rows), omission=_omission(value))


def _extra_group(record: Record, origins: Origins) -> RowGroup:
    items = sorted(record.extra.items())[:MAX_ROWS]
    rows = (Row(shorten(key), document_cell(value), origins.get(EXTRA + key)) for key, value in items)
    omissions = filter(None, (_omission(record.extra), _unkept_keys(record.extra_omitted)))
    return RowGroup("Other fields of the vendor", tuple(rows), omission="; ".join(omissions))


def _omission(document: Mapping[str, Any]) -> str:
    omitted_count = len(document) - MAX_ROWS
    return f"{omitted_count:,} more: see the events" if omitted_count > 0 else ""


def _unkept_keys(count: int) -> str:
    """Say how many keys the record did not keep; may be empty."""
    about = "about " if count >= extra_bounds.MAX_COUNTED_KEYS else ""
    return f"{about}{count:,} not kept: see the events" if count else ""


def _key_group(record: Record, origins: Origins, cells: NameCells) -> RowGroup:
    fields = [get_field(type(record), name) for name in KEY_COLUMNS]
    rows = (
        Row(field_label(field), _key_cell(record, field, cells), origins.get(field.name))
        for field in fields
        if getattr(record, field.name) is not None
    )
    return RowGroup("Record", tuple(rows))


def _key_cell(record: Record, field: Field, cells: NameCells) -> SafeString:
    return text_cell(str(record.source)) if field.name == "source" else _value_cell(record, field, cells)

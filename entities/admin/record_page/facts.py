"""The facts of a record's page in groups: each value with a link to its origin and to what it was before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Any

from django.db.models import Field, JSONField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, MAX_UNFOLDED_CHARACTERS, shorten, text_cell
from crmmirror.lib.admin_kit.documents import MAX_DEPTH, document_cell
from crmmirror.lib.admin_kit.local_times import date_text
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_links import EventLinks, conversation_cell, record_link, value_url
from entities.admin.record_page.former_values import OTHER_FIELDS, describe_computation
from entities.admin.value_cells import LIST_CELLS, PAGE_CELLS, column_cell, field_label, get_field, value_cell
from entities.merge import extra_bounds
from entities.merge.history import seen_values, value_runs
from entities.merge.registers import ADDITION, EXTRA, Invalid, load_state
from entities.models import Record
from entities.models.introspection import COMMON_FIELDS, MIRRORED_COMMON_FIELDS
from entities.models.naming.named_refs import named_refs
from entities.provenance import Provenance, RecordHistory

# Keys of one document, or of `extra`, that a page shows.
MAX_ROWS = 200
# A group with more lines is folded after these, and so is a document, so that the page stays short.
MAX_UNFOLDED_LINES = 10
MAX_GROUP_LINES = 24
# About so many characters stand in a line of the column.
LINE_LENGTH = 30
FIRST_TITLES = ("Answers",)
NOBODY: Mapping[str, list[Record]] = {}
# Every record has these; the last two are the mirror's own times.
KEY_COLUMNS = (
    *("external_id", "source", "sub_account", "merged_into"),
    *("created_at", "first_event_at", "last_event_at"),
    *("first_seen_at", "changed_at"),
)
Origins = Mapping[str, Provenance]


@dataclass(frozen=True)
class Fact:
    """One labelled value.

    origin: in words, the event or the columns that it is from; empty for the mirror's own values.
    former: what it was before; None if it is not known to have been anything else.
    url: of the page with its origin and all that it was; empty if it has none.
    lines: how many lines the value takes, about.
    """

    label: str
    value: SafeString
    origin: str = ""
    former: SafeString | None = None
    url: str = ""
    lines: int = 1


@dataclass(frozen=True)
class FactGroup:
    """Facts under a heading. empty: the facts without a value. omission: a sentence about what is not shown.

    is_folded: only the heading is shown at first.
    """

    title: str
    facts: tuple[Fact, ...]
    empty: tuple[Fact, ...] = ()
    omission: str = ""
    is_folded: bool = False

    @property
    def first(self) -> Sequence[Fact]:
        """The facts that are not folded: as many as have MAX_GROUP_LINES lines, but at least one."""
        ends = list(accumulate(fact.lines for fact in self.facts))
        count = sum(end <= MAX_GROUP_LINES for end in ends) or 1
        return self.facts[:count]

    @property
    def rest(self) -> Sequence[Fact]:
        return self.facts[len(self.first) :]


def shown_history(record: Record) -> set[str]:
    """Return the columns of which a record's page shows what they were before."""
    former = {column for column, kind in record.searched_columns.items() if kind.has_former_values}
    return former.union(record.tracked_columns)


def build_facts(
    record: Record, history: RecordHistory, cells: NameCells, links: EventLinks
) -> list[FactGroup]:
    """Return the record's groups that have something to show. record: with its `unnamed_parties`."""
    origins = history.origins
    fields = [field for field in record._meta.concrete_fields if field.name not in COMMON_FIELDS]
    documents = [field for field in fields if isinstance(field, JSONField)]
    facts = (
        _column_group(record, history, cells, [field for field in fields if field not in documents]),
        *(_document_group(record, origins, field) for field in documents),
        _extra_group(record, origins),
        _key_group(record, origins, cells, links),
    )
    # What a form was sent for are its answers.
    groups = sorted(facts, key=lambda group: group.title not in FIRST_TITLES)
    return [group for group in groups if group.facts or group.empty]


def _column_group(
    record: Any, history: RecordHistory, cells: NameCells, fields: Iterable[Field]
) -> FactGroup:
    rule = record.conversation_rule
    unnamed = {rule.party: record.unnamed_parties} if rule else NOBODY
    facts: list[Fact] = []
    empty: list[Fact] = []
    for field in fields:
        fact = _column_fact(record, history, cells, field, unnamed.get(field.name))
        is_empty = getattr(record, field.name) is None and fact.value == EMPTY
        (empty if is_empty else facts).append(fact)
    return FactGroup("Facts", tuple(facts), tuple(empty))


def _column_fact(
    record: Record, history: RecordHistory, cells: NameCells, field: Field, parties: list[Record] | None
) -> Fact:
    """Return the fact of a column. parties: what stands for a reference that is null."""
    name = field.name
    origin = _column_origin(name, history.origins)
    computation = describe_computation(record, name)
    is_known = origin is not None or name in record.balances
    return Fact(
        label=field_label(field),
        value=conversation_cell(parties) if parties else _column_value(record, field, cells),
        origin=computation or (_describe_origin(origin) if origin else "not given by any event"),
        former=_former_value(record, name, history, cells),
        url=value_url(record, name) if is_known else "",
        lines=_count_lines(getattr(record, name)),
    )


def _column_value(record: Record, field: Field, cells: NameCells) -> SafeString:
    register = load_state(record.registers).get(field.name)
    if register and isinstance(register.value, Invalid):
        return format_html('{} <span class="nothing">not readable</span>', document_cell(register.value.raw))
    return _value_cell(record, field, cells)


def _former_value(record: Record, column: str, history: RecordHistory, cells: NameCells) -> SafeString | None:
    """Return the value before the present one; None if there was none, or it was null."""
    runs = value_runs(seen_values(history.writes.get(column, ()), column))
    value = runs[-2].value if len(runs) > 1 else None
    if value is None:
        return None
    if column in named_refs(type(record)):
        return cells.page_cell(record, column, value)
    return value_cell(value, get_field(type(record), column), LIST_CELLS)


def _column_origin(column: str, origins: Origins) -> Provenance | None:
    """Return a column's origin: of the whole value, or else of one addition to a set."""
    additions = (origin for name, origin in origins.items() if name.startswith(column + ADDITION))
    return origins.get(column) or next(additions, None)


def _describe_origin(origin: Provenance) -> str:
    return f"{shorten(origin.event_type)}, {date_text(origin.occurred_at)}"


def _value_cell(record: Record, field: Field, cells: NameCells) -> SafeString:
    value = getattr(record, field.name)
    if isinstance(value, Record):
        return record_link(value, cells.names.find_own(value))
    if field.name in named_refs(type(record)):
        return cells.page_cell(record, field.name, value)
    return column_cell(record, field, PAGE_CELLS)


def _document_group(record: Record, origins: Origins, field: Field) -> FactGroup:
    """Return a JSON column's group: an object has a row for each key, any other value one row."""
    value, origin = getattr(record, field.name), origins.get(field.name)
    title = field_label(field).capitalize()
    if value is None and origin is None:
        return FactGroup(title, ())
    text = _describe_origin(origin) if origin else ""
    if not isinstance(value, dict) or not value:
        return FactGroup(title, (Fact(title, _fold(value), text, url=value_url(record, field.name)),))
    facts = (
        Fact(
            shorten(key),
            _fold(item),
            text,
            url=value_url(record, field.name, key),
            lines=min(_count_lines(item), MAX_UNFOLDED_LINES),
        )
        for key, item in list(value.items())[:MAX_ROWS]
    )
    return FactGroup(title, tuple(facts), omission=_omission(value))


def _extra_group(record: Record, origins: Origins) -> FactGroup:
    facts = (
        Fact(
            shorten(key),
            _fold(value),
            _describe_origin(origins[EXTRA + key]) if EXTRA + key in origins else "",
            url=value_url(record, OTHER_FIELDS, key) if EXTRA + key in origins else "",
            lines=min(_count_lines(value), MAX_UNFOLDED_LINES),
        )
        for key, value in sorted(record.extra.items())[:MAX_ROWS]
    )
    omissions = filter(None, (_omission(record.extra), _unkept_keys(record.extra_omitted)))
    return FactGroup("Other fields of the vendor", tuple(facts), omission="; ".join(omissions))


def _fold(value: Any) -> SafeString:
    """Render a JSON value; one of more than MAX_UNFOLDED_LINES lines is folded."""
    lines = _count_lines(value)
    if lines <= MAX_UNFOLDED_LINES:
        return document_cell(value)
    return format_html(
        '<details class="long"><summary>{} lines</summary>{}</details>', f"{lines:,}", document_cell(value)
    )


def _count_lines(value: Any, depth: int = 0) -> int:
    """Return about how many lines a value takes. What is nested deeper than is shown does not count."""
    if isinstance(value, str):
        return ceil(min(len(value), MAX_UNFOLDED_CHARACTERS) / LINE_LENGTH) or 1
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(_count_lines(item, depth + 1) for item in items) if items and depth < MAX_DEPTH else 1


def _omission(document: Mapping[str, Any]) -> str:
    omitted_count = len(document) - MAX_ROWS
    return f"{omitted_count:,} more: see the events" if omitted_count > 0 else ""


def _unkept_keys(count: int) -> str:
    """Say how many keys the record did not keep; may be empty."""
    about = "about " if count >= extra_bounds.MAX_COUNTED_KEYS else ""
    return f"{about}{count:,} not kept: see the events" if count else ""


def _key_group(record: Record, origins: Origins, cells: NameCells, links: EventLinks) -> FactGroup:
    fields = [get_field(type(record), name) for name in KEY_COLUMNS]
    facts = (
        Fact(
            field_label(field),
            _key_cell(record, field, cells),
            _describe_origin(origins[field.name]) if field.name in origins else "",
            url=value_url(record, field.name)
            if field.name in MIRRORED_COMMON_FIELDS and field.name in origins
            else "",
        )
        for field in fields
        if getattr(record, field.name) is not None
    )
    url = links.list_url(record)
    events = (Fact("events", format_html('<a href="{}">all that touched it</a>', url)),) if url else ()
    return FactGroup("Record and source", (*facts, *events), is_folded=True)


def _key_cell(record: Record, field: Field, cells: NameCells) -> SafeString:
    return text_cell(str(record.source)) if field.name == "source" else _value_cell(record, field, cells)

"""The records that refer to a record: of each kind the count, the newest ones, and the way to all of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY
from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import format_capped
from crmmirror.lib.database.cursors import fetch_rows
from entities.admin.naming.name_cells import NameCells
from entities.admin.record_head.titles import make_title
from entities.admin.record_links import record_link
from entities.admin.record_timeline.sentences import spoken_text
from entities.admin.related_models import SCOPE_COLUMN, Reference, related_rows, viewable_references
from entities.admin.value_cells import LIST_CELLS, column_cell, get_field
from entities.models import Record
from entities.models.introspection import model_name
from entities.models.naming.named_refs import named_refs
from entities.models.short_rows import make_record, short_columns

MAX_COUNTED = 1_000
MAX_SHOWN = 3

# Model -> the columns that stand below the title of a related record.
DETAILS: dict[str, tuple[str, ...]] = {
    "lead": ("stage_ref", "value"),
    "deal": ("value", "status", "stage_ref"),
    "client": ("phone", "email"),
    "contact": ("phone", "email"),
    "invoice": ("status", "amount_open", "due_date"),
    "quotation": ("status",),
    "payment": ("method",),
    "appointment": ("starts_at", "status"),
    "task": ("due_at", "status"),
    "message": ("occurred_at", "status"),
    "formsubmission": ("submitted_at",),
}


@dataclass(frozen=True)
class RelatedRow:
    """A related record: its link, and what staff ask about its kind."""

    link: SafeString
    details: SafeString


@dataclass(frozen=True)
class RelatedGroup:
    """The records of one model that refer to a record in one column.

    rows: the newest ones. url: of the list of all of them. count: capped, for people.
    """

    label: str
    label_of_one: str
    count: str
    url: str
    rows: tuple[RelatedRow, ...]
    has_more: bool


@dataclass(frozen=True)
class RelatedRead:
    """The rows that were read of one group, before the names of its ids are known."""

    field: ForeignKey
    count: int
    records: tuple[Any, ...]


def read_related(request: HttpRequest, record: Record) -> list[RelatedRead]:
    """Read the groups of records that refer to this one, by one query; without those that are empty.

    Those of models that the user may not view, and that he does not see, are left out and not counted.
    """
    references = viewable_references(request, type(record))
    parts, parameters = [], list[Any]()
    for number, reference in enumerate(references):
        try:
            statement, values = related_rows(request, record, reference).values("pk").query.sql_with_params()
        except EmptyResultSet:
            # The viewer sees nothing.
            continue
        parts.append(_statement(number, reference, statement))
        parameters += [*values, *(values if _shows_rows(reference) else ())]
    if not parts:
        return []
    return [
        RelatedRead(
            references[number].field,
            count,
            tuple(
                make_record(references[number].model, values, record.source)
                for values in json.loads(rows or "[]")
            ),
        )
        for number, count, rows in fetch_rows(" UNION ALL ".join(parts), *parameters)
        if count
    ]


def _shows_rows(reference: Reference) -> bool:
    """Return True unless the group would have to order all records of a sub-account."""
    return reference.field.name != SCOPE_COLUMN


def _statement(number: int, reference: Reference, statement: str) -> str:
    """Return the part of the statement for one group. statement: of the ids, newest first."""
    # To count them, they need no order.
    unordered = statement[: statement.rindex(" ORDER BY ")]
    count = f"(SELECT count(*) FROM ({unordered} LIMIT {MAX_COUNTED + 1}) AS counted)"
    if not _shows_rows(reference):
        return f"SELECT {number}, {count}, NULL::jsonb"
    columns, table = short_columns(reference.model), reference.model._meta.db_table
    return f"""SELECT {number}, {count}, (
        SELECT jsonb_agg(to_jsonb(short)) FROM (
            SELECT {columns} FROM "{table}" WHERE id IN ({statement} LIMIT {MAX_SHOWN})
            ORDER BY last_event_at DESC NULLS LAST, id DESC
        ) AS short
    )"""


def build_related(record: Record, groups: list[RelatedRead], cells: NameCells) -> Iterator[RelatedGroup]:
    """Yield the groups as the page shows them. cells: with the names of all their ids."""
    for group in groups:
        model: Any = group.field.model
        yield RelatedGroup(
            label=str(model._meta.verbose_name_plural),
            label_of_one=str(model._meta.verbose_name),
            count=format_capped(group.count, MAX_COUNTED),
            url=changelist_url(model, **{group.field.name: record.pk, "state": "all"}),
            rows=tuple(RelatedRow(_link(row, cells), _details(row, cells)) for row in group.records),
            has_more=group.count > len(group.records),
        )


def _link(record: Any, cells: NameCells) -> SafeString:
    if record.conversation_rule:
        return record_link(record, spoken_text(record))
    return record_link(record, make_title(record, cells.names))


def _details(record: Record, cells: NameCells) -> SafeString:
    columns = DETAILS.get(model_name(type(record)), ())
    details = (_detail(record, column, cells) for column in columns)
    return format_html_join(" ", "{}", ((detail,) for detail in details if detail != EMPTY))


def _detail(record: Record, column: str, cells: NameCells) -> SafeString:
    if column in named_refs(type(record)):
        # The vendor may have sent a name without an id.
        name = cells.names.find_in_column(record, column)
        return cells.list_cell(record, column) if name or getattr(record, column) else EMPTY
    return column_cell(record, get_field(type(record), column), LIST_CELLS)

"""Reads rows with the fields that are asked for, as JSON values.

The database writes the values (see `row_expressions`), and the rows are tuples: a page of 500 deals took four
times the processor with models and a serializer for each row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from entities.access.visibility import Viewer, visible_to
from entities.access.visible_kinds import may_view
from entities.api.rows.row_expressions import compile_json_value, is_plain
from entities.api.rows.shown_fields import ShownField, get_record_fields, hide_references

JsonRow = dict[str, Any]


def select_fields_of(rows: QuerySet, fields: Sequence[ShownField], further: Iterable[str] = ()) -> QuerySet:
    """Return the rows as named tuples for `write_page`: the primary key (`pk`), further paths, the fields."""
    names = _find_names(fields)
    expressions = {
        name: compile_json_value(field)
        for name, field in zip(names, fields, strict=True)
        if not is_plain(field)
    }
    return rows.annotate(**expressions).values_list(*dict.fromkeys(["pk", *further, *names]), named=True)


def _find_names(fields: Sequence[ShownField]) -> list[str]:
    """Return the fields' names in the tuples: the path of a plain column, else one that is made up."""
    return [
        field.column.path if is_plain(field) else f"shown_{number}" for number, field in enumerate(fields)
    ]


def write_page(rows: Sequence[Any], fields: Sequence[ShownField], viewer: Viewer) -> list[JsonRow]:
    """Return rows of `select_fields_of` as JSON values, by one query for each reference that is expanded."""
    if not rows:
        return []
    keys = [field.name for field in fields]
    places = [rows[0]._fields.index(name) for name in _find_names(fields)]
    page = [dict(zip(keys, [row[place] for place in places], strict=True)) for row in rows]
    for field in fields:
        if field.is_expanded:
            related = _read_related(field, {row[field.name] for row in page} - {None}, viewer)
            for row in page:
                row[field.name] = related.get(row[field.name], row[field.name])
    return page


def _read_related(field: ShownField, ids: set[int], viewer: Viewer) -> Mapping[int, JsonRow]:
    """Return id -> row of those of the records which the viewer sees."""
    model = field.related_model
    if not ids or not may_view(viewer, model):
        return {}
    fields = hide_references(get_record_fields(model), viewer)
    rows = list(select_fields_of(visible_to(viewer, model._default_manager.filter(pk__in=ids)), fields))
    return {row.pk: written for row, written in zip(rows, write_page(rows, fields, viewer), strict=True)}

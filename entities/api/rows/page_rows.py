"""Reads rows with the fields that are asked for, as JSON values.

The database writes the values (see `row_expressions`), and the rows are tuples: a page of 500 deals took four
times the processor with models and a serializer for each row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from entities.access.visibility import Viewer, visible_to
from entities.api.rows.row_expressions import make_json_value
from entities.api.rows.shown_fields import ShownField, get_record_fields
from entities.models import Record

JsonRow = dict[str, Any]


def select_fields_of(rows: QuerySet, fields: Sequence[ShownField], further: Iterable[str] = ()) -> QuerySet:
    """Return the rows as named tuples: the primary key (`pk`), further paths, and the fields at the end."""
    expressions = {f"shown_{number}": make_json_value(field) for number, field in enumerate(fields)}
    paths = dict.fromkeys(["pk", *further])
    return rows.annotate(**expressions).values_list(*paths, *expressions, named=True)


def write_page(rows: Sequence[Any], fields: Sequence[ShownField], viewer: Viewer) -> list[JsonRow]:
    """Return rows of `select_fields_of` as JSON values, by one query for each reference that is expanded."""
    keys = [field.name for field in fields]
    page = [dict(zip(keys, row[-len(keys) :], strict=True)) for row in rows]
    for field in fields:
        if field.is_expanded:
            related = _read_related(field, {row[field.name] for row in page} - {None}, viewer)
            for row in page:
                row[field.name] = related.get(row[field.name], row[field.name])
    return page


def _read_related(field: ShownField, ids: set[int], viewer: Viewer) -> Mapping[int, JsonRow]:
    """Return id -> row of those of the records which the viewer sees."""
    model = field.related_model
    if not ids or not _may_view(viewer, model):
        return {}
    fields = get_record_fields(model)
    rows = list(select_fields_of(visible_to(viewer, model._default_manager.filter(pk__in=ids)), fields))
    return {row.pk: written for row, written in zip(rows, write_page(rows, fields, viewer), strict=True)}


def _may_view(viewer: Viewer, model: type[Record]) -> bool:
    user = getattr(viewer, "user", viewer)
    return isinstance(user, User) and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")

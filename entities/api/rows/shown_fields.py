"""The fields of a row's JSON: its columns, the names of its ids, and single keys of its documents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from django.db import models

from entities.access.visibility import Viewer
from entities.access.visible_kinds import may_view
from entities.api.rows.api_columns import ApiColumn, get_record_columns
from entities.models import Record
from entities.models.naming.named_refs import NamedRef, named_refs

# Stands between a document's column and a key of it: custom_fields.region.
KEY_SEPARATOR = "."
# The document that has what no column holds, and with it the documents of other columns that are no objects.
EXTRA = "extra"


@dataclass(frozen=True)
class ShownField:
    """A field of a row's JSON.

    ref: set if the field shows the name of the id in the column. key: of the document in the column; empty
    for the whole of it. is_expanded: the record that the column refers to stands in place of its id.
    is_hidden: the value is null for this viewer, whatever the column holds.
    """

    name: str
    column: ApiColumn
    ref: NamedRef | None = None
    key: str = ""
    is_expanded: bool = False
    is_hidden: bool = False

    @property
    def is_document(self) -> bool:
        """Return True if the column holds JSON."""
        return isinstance(self.column.value_field, models.JSONField)

    @property
    def related_model(self) -> type[Record]:
        """Return the model of the records that the column refers to. Raises TypeError if there is none."""
        return self.column.related_model


def show_columns(columns: Iterable[ApiColumn]) -> tuple[ShownField, ...]:
    """Return a field for each column."""
    return tuple(ShownField(column.name, column) for column in columns)


@cache
def get_record_fields(model: type[Record]) -> tuple[ShownField, ...]:
    """Return the fields of a mirrored model: its columns, and beside each column of ids their names."""
    refs = named_refs(model)
    fields: list[ShownField] = []
    for field in show_columns(get_record_columns(model)):
        fields.append(field)
        if ref := refs.get(field.name):
            fields.append(ShownField(ref.title, field.column, ref))
    return tuple(fields)


def object_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Return the columns whose documents are shown as objects only; another one is shown under `extra`."""
    return getattr(model, "object_columns", ())


def is_keyed(field: ShownField) -> bool:
    """Return True if single keys of the field's document may be asked for."""
    return field.is_document and field.name in (EXTRA, *object_columns(field.column.field.model))


def select_fields(fields: Sequence[ShownField], names: Iterable[str]) -> tuple[ShownField, ...]:
    """Return the fields of these names, each once, in their order. Raises KeyError with an unknown name."""
    by_name = {field.name: field for field in fields}
    selected = {}
    for name in names:
        column, separator, key = name.partition(KEY_SEPARATOR)
        field = by_name[name] if not separator else by_name.get(column)
        if field is None or (separator and not (key and is_keyed(field))):
            raise KeyError(name)
        selected[name] = replace(field, name=name, key=key)
    return tuple(selected.values())


def expand_fields(fields: Sequence[ShownField], names: Iterable[str]) -> tuple[ShownField, ...]:
    """Return the fields, with the records in place of the ids of these references, where they are shown."""
    expanded = set(names)
    return tuple(replace(field, is_expanded=field.name in expanded) for field in fields)


def hide_references(fields: Iterable[ShownField], viewer: Viewer) -> tuple[ShownField, ...]:
    """Return the fields, those hidden that refer to records of a kind that the viewer may not view."""
    return tuple(replace(field, is_hidden=is_hidden(field.column, viewer)) for field in fields)


def is_hidden(column: ApiColumn, viewer: Viewer) -> bool:
    """Return True if a column refers to records of a kind that the viewer may not view.

    An id tells that there is such a record, and which records share it.
    """
    return column.refers_to_record and not may_view(viewer, column.related_model)


def hidden_columns(model: type[Record], viewer: Viewer) -> frozenset[str]:
    """Return the names of a mirrored model's columns that are hidden from a viewer."""
    return frozenset(column.name for column in get_record_columns(model) if is_hidden(column, viewer))


def list_references(fields: Iterable[ShownField]) -> list[str]:
    """Return the names of those fields that refer to records, and so can be expanded."""
    return [field.name for field in fields if field.column.refers_to_record]

"""Reads the mirror's tables into the oracle's form, and compares the two."""

from collections.abc import Iterator
from itertools import compress
from typing import Any

from django.db.models import Field, ForeignKey

from crmmirror.lib.database.cursors import fetch_rows
from entities.merge.registers import stored_clocks
from entities.models import Contact, Conversation, Name, Record, TimelineEntry, Word
from entities.models.introspection import model_name, record_models, record_models_by_name
from tests.support.oracle import Names
from tests.support.record_writes import Cells, Key
from tests.support.search_oracle import read_documents

NOT_COMPARED = {"id", "source", "scope", "external_id", "first_seen_at", "changed_at", "registers"}
Timeline = dict[tuple[Key, int, str], Cells]


def read_records() -> dict[Key, Cells]:
    """Return every record by its key."""
    documents = read_documents()
    return {
        key: _read_cells(row) | {"search keys": documents.get((key.model, id))}
        for id, key, row in _read_rows()
    }


def read_timeline() -> Timeline:
    """Return what each entry wrote, by its record's key, its event's id and its clock."""
    keys = {(key.model, id): key for id, key, _ in _read_rows()}
    return {
        (keys[entry.record_type, entry.record_id], entry.event_id, entry.clock): entry.wrote
        for entry in TimelineEntry.objects.all()
    }


def read_names() -> Names:
    """Return what vendors call each id."""
    return {
        (name.source_id, name.scope, name.kind, name.ref): (name.vendor_clock, name.vendor_name)
        for name in Name.objects.all()
    }


def read_words() -> set[tuple[int, str, str, str, str]]:
    """Return every word that lists offer, with its source, scope, model and column."""
    return {(row.source_id, row.scope, row.record_type, row.field, row.word) for row in Word.objects.all()}


def read_conversations() -> dict[tuple[int, str, str], Cells]:
    """Return every conversation by its source, scope and ref; its contacts as external ids."""
    columns = [field.name for field in Conversation._meta.concrete_fields]
    compared = [name for name in columns if name not in ("id", "source", "scope", "ref")]
    return {
        (row.source_id, row.scope, row.ref): {name: getattr(row, name) for name in compared}
        | {"contact_ids": _external_ids(row)}
        for row in Conversation.objects.all()
    }


def _external_ids(row: Conversation) -> list[str]:
    """Return the external ids of a conversation's contacts. They must be of its source and scope."""
    contacts = Contact.objects.filter(pk__in=row.contact_ids, source=row.source_id, scope=row.scope)
    assert sorted(contact.pk for contact in contacts) == row.contact_ids
    return sorted(contact.external_id for contact in contacts)


def list_differences(expected: dict[Key, Cells], found: dict[Key, Cells]) -> list[str]:
    """Return a sentence for each cell that differs."""
    return [
        f"{key} {name}: expected {wanted!r}, found {actual!r}"
        for key in sorted(expected.keys() | found.keys())
        for name, wanted, actual in _compare_cells(key, expected.get(key), found.get(key))
    ]


def to_column_value(field: Field | None, value: Any) -> Any:
    """Return the Python value that the column has for a JSON value; a reference stays an external id."""
    return value if field is None or isinstance(field, ForeignKey) else field.to_python(value)


def _compare_cells(key: Key, expected: Cells | None, found: Cells | None) -> Iterator[tuple[str, Any, Any]]:
    if expected is None or found is None:
        yield "record", expected and "present", found and "present"
        return
    fields = {field.name: field for field in record_models_by_name()[key.model]._meta.concrete_fields}
    for name, actual in found.items():
        wanted = to_column_value(fields.get(name), expected.get(name))
        if wanted != actual:
            yield name, wanted, actual
    yield from ((name, value, "no column") for name, value in expected.items() if value and name not in found)


def _read_rows() -> Iterator[tuple[int, Key, Any]]:
    for model in _list_filled_models():
        references = [field.name for field in _compared_fields(model) if isinstance(field, ForeignKey)]
        for row in model._default_manager.select_related(*references):
            yield row.pk, Key(row.source_id, model_name(model), row.scope, row.external_id), row


def _list_filled_models() -> list[type[Record]]:
    """Return the models that have rows: one statement finds them, and most tests fill two or three."""
    models = record_models()
    tests = ", ".join(f'EXISTS (SELECT FROM "{model._meta.db_table}")' for model in models)
    (is_filled,) = fetch_rows(f"SELECT {tests}")
    return list(compress(models, is_filled))


def _compared_fields(model: type[Record]) -> list[Field]:
    return [field for field in model._meta.concrete_fields if field.name not in NOT_COMPARED]


def _read_cells(row: Any) -> Cells:
    cells = {field.name: _read_cell(row, field) for field in _compared_fields(type(row))}
    return cells | {"clocks": stored_clocks(row.registers)}


def _read_cell(row: Any, field: Field) -> Any:
    """Return a value; for a reference the other's external id, or its whole key if source or scope differ."""
    value = getattr(row, field.name)
    if value is None or not isinstance(field, ForeignKey):
        return value
    scope = "" if field.name == "sub_account" else row.scope
    is_near = (value.source_id, value.scope) == (row.source_id, scope)
    return value.external_id if is_near else (value.source_id, value.scope, value.external_id)

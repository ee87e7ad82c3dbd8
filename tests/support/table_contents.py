"""What the mirror's tables hold, in the words of the oracle, and where the two differ."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Field, ForeignKey

from entities.merge.registers import stored_clocks
from entities.models import Record, TimelineEntry
from entities.models.introspection import model_name, record_models_by_name
from entities.models.introspection import record_models as models
from tests.support.oracle import Cells, Key

NOT_SAID = {"id", "source", "scope", "external_id", "first_seen_at", "changed_at", "registers"}
Timeline = dict[tuple[Key, int, str], Cells]


def read_records() -> dict[Key, Cells]:
    return {key: _cells(row) for _, key, row in _rows()}


def read_timeline() -> Timeline:
    keys = {(key.model, id): key for id, key, _ in _rows()}
    return {
        (keys[entry.record_type, entry.record_id], entry.event_id, entry.clock): entry.wrote
        for entry in TimelineEntry.objects.all()
    }


def list_differences(expected: dict[Key, Cells], found: dict[Key, Cells]) -> list[str]:
    """Each cell in words; empty if there is none."""
    return [
        f"{key} {name}: expected {wanted!r}, found {held!r}"
        for key in sorted(expected.keys() | found.keys())
        for name, wanted, held in _differing(key, expected.get(key), found.get(key))
    ]


def _differing(key: Key, expected: Cells | None, found: Cells | None) -> Iterator[tuple[str, Any, Any]]:
    if expected is None or found is None:
        yield "record", expected and "present", found and "present"
        return
    fields = {field.name: field for field in record_models_by_name()[key.model]._meta.concrete_fields}
    for name, held in found.items():
        wanted = _native(fields.get(name), expected.get(name))
        if wanted != held:
            yield name, wanted, held
    yield from ((name, value, "no column") for name, value in expected.items() if value and name not in found)


def _native(field: Field | None, value: Any) -> Any:
    """The column's Python value of a JSON value."""
    return value if field is None or isinstance(field, ForeignKey) else field.to_python(value)


def _rows() -> Iterator[tuple[int, Key, Any]]:
    for model in models():
        references = [field.name for field in _fields(model) if isinstance(field, ForeignKey)]
        for row in model._default_manager.select_related(*references):
            yield row.pk, Key(row.source_id, model_name(model), row.scope, row.external_id), row


def _fields(model: type[Record]) -> list[Field]:
    return [field for field in model._meta.concrete_fields if field.name not in NOT_SAID]


def _cells(row: Any) -> Cells:
    cells = {field.name: _cell(row, field) for field in _fields(type(row))}
    return cells | {"clocks": stored_clocks(row.registers)}


def _cell(row: Any, field: Field) -> Any:
    """A reference is the other's external id; to another source or scope, all of its key."""
    value = getattr(row, field.name)
    if value is None or not isinstance(field, ForeignKey):
        return value
    scope = "" if field.name == "sub_account" else row.scope
    is_near = (value.source_id, value.scope) == (row.source_id, scope)
    return value.external_id if is_near else (value.source_id, value.scope, value.external_id)

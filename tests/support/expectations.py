"""What the mirror must hold after one event, as written in `expected/` beside the event's fixture.

An expectation reads model -> external id -> column -> value. It is whole: a record that it does not
name must not be there, and a column that it does not name must be null (or empty, or false).
Amounts are text, times ISO 8601, references the other record's external id.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Field, ForeignKey

from entities.models import Record
from entities.models.introspection import model_name, record_models
from tests.support.paths import SAMPLES

UNSAID: dict[str, Any] = {"extra": {}, "is_placeholder": False, "is_deleted": False}
NOT_COMPARED = {"id", "source", "scope", "external_id", "first_seen_at", "changed_at", "registers"}

Expected = dict[str, dict[str, dict[str, Any]]]


def list_samples(folder: str) -> list[Path]:
    return sorted((SAMPLES / folder).glob("*.json"))


def read_expectation(fixture: Path) -> Expected:
    return json.loads((fixture.parent / "expected" / fixture.name).read_text())


def list_differences(expected: Expected) -> list[str]:
    """Where the mirror is not as expected, in words; empty if it is."""
    return [difference for model in record_models() for difference in _in_model(model, expected)]


def _in_model(model: type[Record], expected: Expected) -> Iterator[str]:
    name = model_name(model)
    rows = {row.external_id: row for row in model._default_manager.all()}
    said = expected.get(name, {})
    yield from (f"{name} {id}: is not there" for id in said.keys() - rows.keys())
    yield from (f"{name} {id}: is there" for id in rows.keys() - said.keys())
    for id in said.keys() & rows.keys():
        yield from (f"{name} {id}: {difference}" for difference in _in_row(rows[id], said[id]))


def _in_row(row: Any, said: dict[str, Any]) -> Iterator[str]:
    fields = {field.name: field for field in row._meta.concrete_fields if field.name not in NOT_COMPARED}
    yield from (f"no column {name}" for name in said.keys() - fields.keys())
    scope = said.get("sub_account") or ""
    if row.scope != scope:
        yield f"scope is {row.scope!r}, expected {scope!r}"
    for name, field in fields.items():
        held, wanted = _held(row, field), _wanted(field, said.get(name, UNSAID.get(name)))
        if held != wanted:
            yield f"{name} is {held!r}, expected {wanted!r}"


def _held(row: Any, field: Field) -> Any:
    value = getattr(row, field.name)
    return value and value.external_id if isinstance(field, ForeignKey) else value


def _wanted(field: Field, value: Any) -> Any:
    return value if isinstance(field, ForeignKey) else field.to_python(value)

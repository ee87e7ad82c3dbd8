"""The records that one event must leave in an empty mirror, as a file under `expected/` states them.

An expectation maps model -> external id -> column -> value. It is complete: a record that it does not
name must not exist, and a column that it does not name must be null (or empty, or false). Only columns that
are derived from the history of events need not be named: their rules have tests of their own.
Amounts are text, times are ISO 8601, and a reference is the other record's external id.
"""

from collections.abc import Iterator, Set
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Field, ForeignKey

from entities.models import Record
from entities.models.introspection import model_name, record_models
from tests.support.table_contents import NOT_COMPARED, to_column_value

DEFAULTS: dict[str, Any] = {"extra": {}, "extra_omitted": 0, "is_placeholder": False, "is_deleted": False}

EVENT_TIMES = {"first_event_at", "last_event_at"}

Expectation = dict[str, dict[str, dict[str, Any]]]


def list_differences(expected: Expectation, slug: str = "") -> list[str]:
    """Return a sentence for each difference between the mirror and the expectation.

    slug: of the source whose records are compared; of all sources if empty.
    """
    unknown = expected.keys() - {model_name(model) for model in record_models()}
    return [f"there is no model {name}" for name in sorted(unknown)] + [
        difference for model in record_models() for difference in _compare_model(model, expected, slug)
    ]


def current_records() -> Expectation:
    """Return the expectation that the mirror meets now, ready to be written as JSON."""
    found = {
        model_name(model): {row.external_id: _describe_row(row) for row in model._default_manager.all()}
        for model in record_models()
    }
    return {name: rows for name, rows in found.items() if rows}


def _describe_row(row: Any) -> dict[str, Any]:
    values = {field.name: _actual_value(row, field) for field in _compared_fields(row, set())}
    return {
        name: _to_json(value)
        for name, value in values.items()
        if value not in (None, "") and value != DEFAULTS.get(name)
    }


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value


def _compare_model(model: type[Record], expected: Expectation, slug: str) -> Iterator[str]:
    name = model_name(model)
    found = model._default_manager.filter(**{"source__slug": slug} if slug else {})
    rows = {row.external_id: row for row in found}
    wanted = expected.get(name, {})
    yield from (f"{name} {id} is missing" for id in wanted.keys() - rows.keys())
    yield from (f"{name} {id} is not expected" for id in rows.keys() - wanted.keys())
    for id in wanted.keys() & rows.keys():
        yield from (f"{name} {id}: {difference}" for difference in _compare_row(rows[id], wanted[id]))


def _compare_row(row: Any, wanted: dict[str, Any]) -> Iterator[str]:
    fields = {field.name: field for field in _compared_fields(row, wanted.keys())}
    yield from (f"there is no column {name}" for name in wanted.keys() - fields.keys())
    scope = wanted.get("sub_account") or ""
    if row.scope != scope:
        yield f"scope is {row.scope!r}, expected {scope!r}"
    for name, field in fields.items():
        actual = _actual_value(row, field)
        expected = to_column_value(field, wanted.get(name, DEFAULTS.get(name)))
        if actual != expected:
            yield f"{name} is {actual!r}, expected {expected!r}"


def _compared_fields(row: Any, wanted: Set[str]) -> list[Field]:
    """Return the fields to compare. wanted: the columns that the expectation names."""
    rules = row.derived_columns
    derived = EVENT_TIMES | {name for name, rule in rules.items() if not rule.prefers_own_value}
    left_out = NOT_COMPARED | (derived - wanted)
    return [field for field in row._meta.concrete_fields if field.name not in left_out]


def _actual_value(row: Any, field: Field) -> Any:
    value = getattr(row, field.name)
    return value and value.external_id if isinstance(field, ForeignKey) else value

"""Checks of single columns that a vendor's tables name, and of the values for them."""

import inspect
from collections.abc import Mapping

from django.db.models import DateTimeField, Field

from entities.checks.check_errors import Errors, make_error, suggest
from entities.models.introspection import mirrored_fields, record_models_by_name
from entities.reading.converters import CONVERTERS
from entities.reading.unconvertible import Unconvertible
from entities.vendor_language import EVENT_TIME, EventType


def check_column(module: str, place: str, column: str, fields: Mapping[str, Field]) -> Errors:
    """Yield an error if the column is not one of these fields, or no converter makes values of its kind."""
    if column not in fields:
        reason = f"{place}: there is no column {column!r} to fill"
        yield make_error("E006", module, reason, suggest(column, fields))
    elif type(fields[column]) not in CONVERTERS:
        kind = type(fields[column]).__name__
        hint = f"Give {kind} a row in entities.reading.converters.CONVERTERS, or use a kind that has one."
        yield make_error("E007", module, f"{place}: no converter fills the {kind} {column!r}", hint)


def check_implied_values(module: str, event_type: str, event: EventType) -> Errors:
    """Yield an error for each implied value whose column is unknown or cannot hold it."""
    fields = mirrored_fields(record_models_by_name()[event.entity.model])
    place = f"event {event_type!r}, implied"
    for column, value in event.implied.items():
        errors = list(check_column(module, place, column, fields))
        yield from errors
        if not errors and not _fits(fields[column], value):
            shown = "EVENT_TIME" if value is EVENT_TIME else repr(value)
            reason = f"{place}: {column!r} cannot be {shown}"
            hint = f"Write the value as the column holds it: what {_converter_path(fields[column])} returns."
            yield make_error("E008", module, reason, hint)


def _fits(field: Field, value: object) -> bool:
    """Return True if the column can hold the value as it is: an implied value is not converted."""
    if value is EVENT_TIME:
        return isinstance(field, DateTimeField)
    try:
        return bool(CONVERTERS[type(field)](value) == value)
    except Unconvertible:
        return False


def _converter_path(field: Field) -> str:
    convert = inspect.unwrap(CONVERTERS[type(field)])
    return f"{convert.__module__}.{convert.__qualname__}"

"""Checks of the mirrored models: their rules must name columns that they have. Ids: entities.E010."""

from typing import Any

from django.core.checks import Error
from django.db.models import DateTimeField

from entities.checks.check_errors import Errors, make_error, suggest
from entities.models import Record
from entities.models.introspection import mirrored_fields, record_models


def check_records(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Return the errors in the rules of all mirrored models."""
    return [
        error
        for model in record_models()
        for check in (check_derived_columns, check_tracked_columns)
        for error in check(model)
    ]


def check_derived_columns(model: type[Record]) -> Errors:
    """Yield an error for each derived column that is not a time, or is derived from an unknown column."""
    label = model._meta.label
    own = {field.name for field in model._meta.concrete_fields}
    for column, rule in model.derived_columns.items():
        if column not in own or not isinstance(model._meta.get_field(column), DateTimeField):
            reason = f"derived_columns: there is no time {column!r} to fill"
            yield make_error("E010", label, reason, suggest(column, own))
        for other in rule.columns:
            if other not in mirrored_fields(model):
                reason = f"derived_columns: {column!r} is derived from {other!r}, which no vendor fills"
                yield make_error("E010", label, reason, suggest(other, mirrored_fields(model)))


def check_tracked_columns(model: type[Record]) -> Errors:
    """Yield an error for each tracked column that the model does not have."""
    for column in model.tracked_columns:
        if column not in mirrored_fields(model):
            reason = f"tracked_columns: there is no column {column!r}"
            yield make_error("E010", model._meta.label, reason, suggest(column, mirrored_fields(model)))

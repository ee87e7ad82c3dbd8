"""Checks of the mirrored models: their rules must name columns that they have. Ids: entities.E010."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.core.checks import CheckMessage
from django.db.models import DateTimeField, TextField

from entities.checks.check_errors import Errors, make_error, suggest
from entities.history.history_columns import history_columns
from entities.models import Record
from entities.models.introspection import mirrored_fields, record_models, record_models_by_name
from entities.models.naming.named_refs import NAMED_COLUMNS, NAMELESS_COLUMNS, REF_SUFFIX, named_refs


def check_records(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return the errors in the rules of all mirrored models."""
    return [error for model in record_models() for check in RECORD_CHECKS for error in check(model)]


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


def check_balances(model: type[Record]) -> Errors:
    """Yield an error for each part of a balance's rule that names a model or column which is not there."""
    label, models = model._meta.label, record_models_by_name()
    for column, rule in model.balances.items():
        if rule.part_model not in models:
            reason = f"balances: {column!r} sums {rule.part_model!r}, which is no mirrored model"
            yield make_error("E010", label, reason, suggest(rule.part_model, models))
            continue
        own = (column, rule.total, rule.paid, rule.currency, rule.status)
        yield from _check_names("balances", model, own)
        parts = (rule.part_whole, rule.part_amount, rule.part_currency)
        yield from _check_names("balances", models[rule.part_model], parts)


def check_overdue(model: type[Record]) -> Errors:
    """Yield an error for each column that the rule of overdue records names and the model does not have."""
    if (rule := model.overdue) is not None:
        yield from _check_names("overdue", model, (rule.due, rule.open, rule.status))


def _check_names(place: str, model: type[Record], columns: Iterable[str]) -> Errors:
    own = {field.name for field in model._meta.concrete_fields}
    for column in columns:
        if column not in own:
            reason = f"{place}: there is no column {column!r}"
            yield make_error("E010", model._meta.label, reason, suggest(column, own))


def check_tracked_columns(model: type[Record]) -> Errors:
    """Yield an error for each tracked column that the model does not have."""
    for column in model.tracked_columns:
        if column not in mirrored_fields(model):
            reason = f"tracked_columns: there is no column {column!r}"
            yield make_error("E010", model._meta.label, reason, suggest(column, mirrored_fields(model)))


def check_named_refs(model: type[Record]) -> Errors:
    """Yield an error for each column of ids of which nobody has said if they have names, and for a clash.

    The API shows the name under the column's name without its ending, so no column may have that one.
    """
    columns = mirrored_fields(model)
    for column in columns:
        if column.endswith(REF_SUFFIX) and column not in NAMED_COLUMNS.keys() | NAMELESS_COLUMNS:
            reason = f"the ids of {column!r} are neither in NAMED_COLUMNS nor in NAMELESS_COLUMNS"
            yield make_error("E010", model._meta.label, reason, f"see {named_refs.__module__}")
    for column, ref in named_refs(model).items():
        if ref.title in columns:
            reason = f"the API would show the name of {column!r} as {ref.title!r}, which is a column"
            yield make_error("E010", model._meta.label, reason, "give one of the two another name")


def check_searched_columns(model: type[Record]) -> Errors:
    """Yield an error for each searched column, or column of a person's name, that is no text of the model."""
    texts = {name for name, field in mirrored_fields(model).items() if isinstance(field, TextField)}
    for rule in ("searched_columns", "person_columns"):
        for column in getattr(model, rule):
            if column not in texts:
                reason = f"{rule}: there is no text {column!r}"
                yield make_error("E010", model._meta.label, reason, suggest(column, texts))


def check_stages(model: type[Record]) -> Errors:
    """Yield an error for a rule of stages that names a column without a history, or without named ids."""
    if (rule := model.stages) is None:
        return
    ids = [name for name in mirrored_fields(model) if name in NAMED_COLUMNS]
    offered: list[tuple[str, Collection[str]]] = [(rule.column, history_columns(model))]
    for column, choices in offered + [(name, ids) for name in rule.groups]:
        if column not in choices:
            reason = f"stages: {column!r} is no column with a history, or no column of ids with names"
            yield make_error("E010", model._meta.label, reason, suggest(column, choices))


RECORD_CHECKS: tuple[Callable[[type[Record]], Errors], ...] = (
    check_derived_columns,
    check_balances,
    check_overdue,
    check_tracked_columns,
    check_stages,
    check_named_refs,
    check_searched_columns,
)

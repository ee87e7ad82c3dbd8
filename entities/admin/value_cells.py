"""The cell for each kind of column, in lists and on a record's page."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from crmmirror.lib.admin_kit.cells import (
    EMPTY,
    amount_cell,
    badge_cell,
    date_cell,
    labels_cell,
    line_cell,
    text_cell,
    yes_no_cell,
)
from crmmirror.lib.admin_kit.documents import document_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from entities.admin.listings import get_listing
from entities.currencies import assumed_currency, currency_column, stated_currency
from entities.models import Record
from entities.models.fields import WordField
from entities.models.naming.named_refs import NAMED_COLUMNS
from entities.models.overdue import OverdueRule

CellFunctions = Mapping[type[models.Field], Callable[[Any], SafeString]]

COMMON_CELLS: CellFunctions = {
    WordField: badge_cell,
    models.DecimalField: amount_cell,
    models.DateField: date_cell,
    models.BooleanField: yes_no_cell,
    ArrayField: labels_cell,
}
LIST_CELLS: CellFunctions = {
    **COMMON_CELLS,
    models.DateTimeField: partial(time_cell, relative=True),
    models.TextField: line_cell,
    models.JSONField: lambda value: line_cell(json.dumps(value, ensure_ascii=False)),
}
PAGE_CELLS: CellFunctions = {
    **COMMON_CELLS,
    models.DateTimeField: partial(time_cell, seconds=True, relative=True),
    models.TextField: text_cell,
    models.JSONField: document_cell,
}


def value_cell(value: Any, field: models.Field, cells: CellFunctions) -> SafeString:
    """Render a value with the function for the nearest ancestor of its field's class in `cells`."""
    if value is None:
        return EMPTY
    return next(cells[ancestor] for ancestor in type(field).__mro__ if ancestor in cells)(value)


def column_cell(record: Record, field: models.Field, cells: CellFunctions) -> SafeString:
    """Render a record's value in a column that is no reference; an amount with its currency.

    A stated currency is left out where lists have a column for it, beside the amount.
    A due day says how many days late it is, if the record's rows were read by `annotate_overdue`.
    """
    value = getattr(record, field.name)
    cell = value_cell(value, field, cells)
    if value is None:
        return cell
    if isinstance(field, models.DecimalField):
        return _add_currency(cell, record)
    if record.overdue and field.name == record.overdue.due and getattr(record, "is_overdue", False):
        return format_html("{} {}", cell, _late_badge((localdate() - value).days))
    return cell


def _add_currency(cell: SafeString, record: Record) -> SafeString:
    if currency := assumed_currency(record):
        return format_html('{} <span class="assumed">{} assumed</span>', cell, currency)
    is_listed = currency_column(type(record)) in get_listing(type(record)).columns
    stated = "" if is_listed else stated_currency(record)
    return format_html("{} {}", stated, cell) if stated else cell


def _late_badge(days: int) -> SafeString:
    text = f"{days:,} day{'s' * (days > 1)} late"
    return format_html('<span class="badge" data-word="overdue">{}</span>', text)


def annotate_overdue(rows: models.QuerySet, rule: OverdueRule) -> models.QuerySet:
    """Add `is_overdue` to each row: whether it is overdue today, in the time zone of who asks."""
    condition = models.ExpressionWrapper(rule.is_overdue(localdate()), models.BooleanField())
    return rows.annotate(is_overdue=condition)


def field_label(field: models.Field) -> str:
    """Return a column's name for people; a vendor's id of something without a name is an "id"."""
    name = str(field.verbose_name)
    if field.name in NAMED_COLUMNS:
        return name.removesuffix(" ref")
    return f"{name.removesuffix(' ref')} id" if field.name.endswith("_ref") else name


def get_field(model: type[models.Model], name: str) -> models.Field:
    """Return a model's column by its name. Raises FieldDoesNotExist."""
    return cast(models.Field, model._meta.get_field(name))

"""The columns of an export, made of those that the list shows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from html import unescape
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, DecimalField, Field, ForeignKey
from django.utils.html import strip_tags
from django.utils.timezone import get_current_timezone

from entities.currencies import currency_column
from entities.exports.export_values import Value, find_conversion
from entities.models import Record
from entities.models.fields import CurrencyField
from entities.models.naming.named_refs import NAMED_COLUMNS
from entities.names import Names

# What `ModelAdmin.list_display` has: the name of a column or of a method, or a function of the record.
ListColumn = str | Callable[[Any], Any]
# The column of the check boxes, which Django adds.
CHECK_BOXES = "action_checkbox"


@dataclass(frozen=True)
class ExportColumn:
    """One column of a file. read: returns the cell of a record, whose ids have these names."""

    heading: str
    read: Callable[[Any, Names], Value]


def make_export_columns(admin: ModelAdmin, list_columns: Iterable[ListColumn]) -> list[ExportColumn]:
    """Return the columns of the file for the columns of the list, with times in the active time zone.

    A column of the list says by its attribute `shows` what it shows: fields, or the model for the record's
    own name. One that does not say it is exported as the text of its cell. Behind the first amount stands the
    currency that records state, unless the list has a column of its own for it.
    """
    zone = get_current_timezone()
    shown = {column: _shown_fields(admin, column) for column in list_columns if column != CHECK_BOXES}
    fields = [one for parts in shown.values() for one in parts if isinstance(one, Field)]
    amount = next((field for field in fields if isinstance(field, DecimalField)), None)
    has_currency = any(isinstance(field, CurrencyField) for field in fields)
    columns: list[ExportColumn] = []
    for list_column, parts in shown.items():
        columns += _make_columns(parts, zone) if parts else [_text_column(admin, list_column)]
        if amount in parts and not has_currency:
            columns += _currency_columns(admin.model, zone)
    return columns


def _shown_fields(admin: ModelAdmin, list_column: ListColumn) -> tuple[Any, ...]:
    """Return what a column of the list shows: fields, or the model; nothing if it does not say it."""
    field = _find_field(admin, list_column)
    return getattr(list_column, "shows", ()) or ((field,) if field else ())


def _make_columns(shown: Iterable[Any], zone: tzinfo) -> Iterator[ExportColumn]:
    for one in shown:
        yield from _field_columns(one, zone) if isinstance(one, Field) else _name_columns(one)


def _currency_columns(model: Any, zone: tzinfo) -> Iterator[ExportColumn]:
    if column := currency_column(model):
        yield from _field_columns(model._meta.get_field(column), zone)


def _find_field(admin: ModelAdmin, list_column: ListColumn) -> Field | None:
    try:
        field = admin.opts.get_field(list_column) if isinstance(list_column, str) else None
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _name_columns(model: type[Record]) -> Iterator[ExportColumn]:
    """Yield the record's own columns: its name, its id in the CRM, and its state."""
    label = str(model._meta.verbose_name)
    yield ExportColumn(label, lambda record, names: names.find_own(record))
    yield ExportColumn(f"{label} id", lambda record, names: record.external_id)
    yield ExportColumn("state", lambda record, names: record.state_word or "live")


def _field_columns(field: Field, zone: tzinfo) -> Iterator[ExportColumn]:
    """Yield a field's column; of a reference, and of an id that may have a name, the name and the id."""
    name, label = field.name, str(field.verbose_name)
    convert = find_conversion(field, zone)

    def read(record: Any, names: Names) -> Value:
        value = getattr(record, name)
        return None if value is None else convert(value)

    def read_id(record: Any, names: Names) -> Value:
        referred = getattr(record, name)
        return referred.external_id if referred else None

    if isinstance(field, ForeignKey):
        yield ExportColumn(label, read)
        if issubclass(field.related_model, Record):
            yield ExportColumn(f"{label} id", read_id)
    elif name in NAMED_COLUMNS:
        title = label.removesuffix(" ref")
        yield ExportColumn(title, lambda record, names: names.find_in_column(record, name))
        yield ExportColumn(f"{title} id", read)
    else:
        yield ExportColumn(f"{label} ({zone})" if isinstance(field, DateTimeField) else label, read)


def _text_column(admin: ModelAdmin, list_column: ListColumn) -> ExportColumn:
    def read(record: Any, names: Names) -> Value:
        return unescape(strip_tags(str(lookup_field(list_column, record, admin)[2]))).strip()

    return ExportColumn(str(label_for_field(list_column, admin.model, admin)), read)

"""A model's columns as the API names them: those that it shows, filters and orders by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.models import Record

# `sub_account` shows what `scope` holds, and the provenance what `registers` holds.
HIDDEN_COLUMNS = frozenset({"scope", "registers"})
# Models whose rows are shown by this column instead of their id.
REFERENCE_COLUMNS = {"events.Source": "slug"}
# JSON is not among them: its order has no meaning, and its numbers do not survive a cursor.
ORDERABLE_FIELDS = (
    models.TextField,
    models.CharField,
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.DateField,
    ArrayField,
)


@dataclass(frozen=True)
class ApiColumn:
    """A column with its name in the API.

    path: leads the ORM to the value, if need be through a reference.
    field: the model's own field; value_field: the field at the end of the path.
    """

    name: str
    path: str
    field: models.Field
    value_field: models.Field

    @property
    def is_orderable(self) -> bool:
        """Return True if lists can be ordered by this column."""
        return isinstance(self.value_field, ORDERABLE_FIELDS)

    @property
    def refers_to_record(self) -> bool:
        """Return True if the column refers to a mirrored record."""
        related = self.field.related_model
        return isinstance(related, type) and issubclass(related, Record)

    @property
    def related_model(self) -> type[Record]:
        """Return the model of the records that the column refers to. Raises TypeError if there is none."""
        related = self.field.related_model
        if not (isinstance(related, type) and issubclass(related, Record)):
            raise TypeError(f"{self.name} refers to no record.")
        return related


def get_column(model: type[models.Model], name: str) -> ApiColumn:
    """Return the column for a model's field. Raises FieldDoesNotExist, or TypeError if it is not a column."""
    field = get_model_field(model, name)
    if not isinstance(field, models.ForeignKey):
        return ApiColumn(name, name, field, field)
    related = field.related_model
    if column := REFERENCE_COLUMNS.get(related._meta.label):
        return ApiColumn(name, f"{name}__{column}", field, get_model_field(related, column))
    return ApiColumn(name, field.attname, field, field.target_field)


def get_model_field(model: type[models.Model], name: str) -> models.Field:
    """Return a model's field. Raises TypeError for a reverse relation, which has no column."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{model._meta.label}.{name} is not a column of that table; name one of its fields.")
    return field


def get_columns(model: type[models.Model], names: Sequence[str]) -> tuple[ApiColumn, ...]:
    """Return the columns for some of a model's fields."""
    return tuple(get_column(model, name) for name in names)


@cache
def get_record_columns(model: type[Record]) -> tuple[ApiColumn, ...]:
    """Return the columns that every record has, then the model's own, in the order of their declaration."""
    return get_columns(
        model, [field.name for field in model._meta.concrete_fields if field.name not in HIDDEN_COLUMNS]
    )

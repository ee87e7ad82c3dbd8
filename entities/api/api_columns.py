"""A model's columns as the API names them: what is shown, filtered and ordered by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.models import Record

# The key's scope is `sub_account`; the registers are told by provenance.
HIDDEN_COLUMNS = frozenset({"scope", "registers"})
# References that are shown as a word of the other row and not as its id.
SHOWN_BY_COLUMN = {"events.Source": "slug"}
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
    """`name` is the API's; `path` leads the ORM to the value, and `value` is the field it ends at."""

    name: str
    path: str
    field: models.Field
    value: models.Field

    @property
    def is_orderable(self) -> bool:
        """JSON has no order that means anything, and its numbers do not survive a cursor."""
        return isinstance(self.value, ORDERABLE_FIELDS)

    @property
    def refers_to_record(self) -> bool:
        related = self.field.related_model
        return isinstance(related, type) and issubclass(related, Record)


def get_column(model: type[models.Model], name: str) -> ApiColumn:
    field = get_model_field(model, name)
    if not isinstance(field, models.ForeignKey):
        return ApiColumn(name, name, field, field)
    related = field.related_model
    if word := SHOWN_BY_COLUMN.get(related._meta.label):
        return ApiColumn(name, f"{name}__{word}", field, get_model_field(related, word))
    return ApiColumn(name, field.attname, field, field.target_field)


def get_model_field(model: type[models.Model], name: str) -> models.Field:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{model._meta.label}.{name} is no column.")
    return field


def get_columns(model: type[models.Model], names: Sequence[str]) -> tuple[ApiColumn, ...]:
    return tuple(get_column(model, name) for name in names)


@cache
def record_columns(model: type[Record]) -> tuple[ApiColumn, ...]:
    """Those of every record first, then the model's own, each in the order of their declaration."""
    return get_columns(
        model, [field.name for field in model._meta.concrete_fields if field.name not in HIDDEN_COLUMNS]
    )

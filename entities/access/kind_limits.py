"""The limit of a token to kinds of record: narrows any query to what is of these kinds."""

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from entities.models import AccessLimit, Name, Record, Word
from entities.models.introspection import has_field, model_name, record_models_by_name
from entities.models.naming.name import NameKind
from entities.models.naming.named_refs import list_ref_columns

Row = TypeVar("Row", bound=Model)


def narrow_to_kinds(rows: QuerySet[Row], record_types: Collection[str]) -> QuerySet[Row]:
    """Return those of the rows that are of these kinds of record. record_types: the models' names.

    Rows of several kinds, or of a kind that nobody knows yet, such as events, are none of them. Sources are,
    because every record names its own.
    """
    model = rows.model
    if model is AccessLimit.source_model():
        return rows
    if issubclass(model, Record):
        return rows if model_name(model) in record_types else rows.none()
    if issubclass(model, Name):
        return rows.filter(_match_names(record_types))
    return rows.filter(record_type__in=record_types) if has_field(model, "record_type") else rows.none()


def _match_names(record_types: Collection[str]) -> Q:
    """Return the condition for the names of ids that are in use in records of these kinds."""
    models = [record_models_by_name()[name] for name in record_types if name in record_models_by_name()]
    condition = Q(kind__in=[model.name_kind for model in models if model.name_kind])
    uses = Word.objects.filter(record_type__in=record_types, source=OuterRef("source"), word=OuterRef("ref"))
    for kind in NameKind.values:
        if columns := {column for model in models for column in list_ref_columns(model, kind)}:
            condition |= Q(Exists(uses.filter(field__in=sorted(columns))), kind=kind)
    return condition

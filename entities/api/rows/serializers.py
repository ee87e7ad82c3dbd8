"""Read-only serializers that are generated from the models' columns."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework import serializers

from entities.api.rows.api_columns import get_record_columns
from entities.models import Record
from entities.models.naming.named_refs import named_refs
from entities.names import Names, names_for

CENT = Decimal("0.01")


class AmountField(serializers.DecimalField):
    """An amount with two decimals, or with as many more as it needs: 5.00, 0.1234."""

    def to_representation(self, value: Decimal) -> str:
        rounded = value.quantize(CENT)
        return f"{rounded if rounded == value else value.normalize():f}"


class RowSerializer(serializers.ModelSerializer):
    """A row of any model; the base of all others."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DecimalField: AmountField,
    }


class SourcedSerializer(RowSerializer):
    """A row of a source, which is shown by its slug."""

    source = serializers.SlugRelatedField("slug", read_only=True)  # type: ignore[assignment, var-annotated]


class RecordListSerializer(serializers.ListSerializer):
    """Records of one page; the names of their ids are read by one query."""

    def to_representation(self, data: Any) -> list[Any]:
        self.child.names = names_for(data)  # type: ignore[union-attr]
        return super().to_representation(data)


class RecordSerializer(SourcedSerializer):
    """A mirrored record, with the vendor's fields that have no column under `extra`."""

    extra = serializers.DictField(read_only=True)
    names: Names | None = None

    class Meta:
        list_serializer_class = RecordListSerializer

    def to_representation(self, instance: Any) -> Any:
        if self.parent is None:
            self.names = names_for([instance])
        return super().to_representation(instance)


class NameField(serializers.CharField):
    """The name of the id that another column of a record holds; null if nobody has named it."""

    def __init__(self, column: str) -> None:
        super().__init__(source="*", read_only=True, allow_null=True)
        self.column = column

    def to_representation(self, value: Any) -> Any:
        parent: Any = self.parent
        return parent.names.find_in_column(value, self.column)


def make_serializer(
    model: type[models.Model],
    names: Iterable[str],
    base: type[RowSerializer],
    fields: Mapping[str, serializers.Field] | None = None,
) -> type[RowSerializer]:
    """Make a read-only serializer of these columns. fields: those that the model does not have."""
    shown = list(names)
    options = {"model": model, "fields": shown, "read_only_fields": shown}
    meta: Any = type("Meta", (getattr(base, "Meta", object),), options)
    members = {"Meta": meta, "__doc__": f"One {model._meta.verbose_name}.", **(fields or {})}
    return type(f"{model.__name__}Serializer", (base,), members)


def make_record_serializer(model: type[Record]) -> type[RowSerializer]:
    """Make the serializer of a mirrored model: its columns, and beside each column of ids their names."""
    refs = named_refs(model)
    shown: list[str] = []
    for column in get_record_columns(model):
        shown += [column.name, refs[column.name].title] if column.name in refs else [column.name]
    fields = {ref.title: NameField(column) for column, ref in refs.items()}
    return make_serializer(model, shown, RecordSerializer, fields)

"""Read-only serializers that are generated from the models' columns."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework import serializers

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


class RecordSerializer(SourcedSerializer):
    """A mirrored record, with the vendor's fields that have no column under `extra`."""

    extra = serializers.DictField(read_only=True)


def make_serializer(
    model: type[models.Model], names: Iterable[str], base: type[RowSerializer]
) -> type[RowSerializer]:
    """Make a read-only serializer of these columns."""
    fields = list(names)
    meta: Any = type("Meta", (), {"model": model, "fields": fields, "read_only_fields": fields})
    description = f"One {model._meta.verbose_name}."
    return type(f"{model.__name__}Serializer", (base,), {"Meta": meta, "__doc__": description})

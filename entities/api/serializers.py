"""How rows are shown: generated from the columns, read-only."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework import serializers

CENT = Decimal("0.01")


class AmountField(serializers.DecimalField):
    def to_representation(self, value: Decimal) -> str:
        """At least two decimals, and no zeros beyond them that mean nothing."""
        rounded = value.quantize(CENT)
        return f"{rounded if rounded == value else value.normalize():f}"


class RowSerializer(serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DecimalField: AmountField,
    }


class SourcedSerializer(RowSerializer):
    """A row of a source, which is shown by its slug."""

    source = serializers.SlugRelatedField("slug", read_only=True)  # type: ignore[assignment, var-annotated]


class RecordSerializer(SourcedSerializer):
    extra = serializers.DictField(read_only=True)


def make_serializer(
    model: type[models.Model], names: Iterable[str], base: type[RowSerializer]
) -> type[RowSerializer]:
    """A read-only serializer of these columns."""
    fields = list(names)
    meta: Any = type("Meta", (), {"model": model, "fields": fields, "read_only_fields": fields})
    described = f"One {model._meta.verbose_name}."
    return type(f"{model.__name__}Serializer", (base,), {"Meta": meta, "__doc__": described})

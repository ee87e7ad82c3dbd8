"""Serializers that are generated from the models' columns: they describe rows for the OpenAPI schema.

Lists are not written by them, but by `entities.api.rows.page_rows`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.db import models
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from entities.api.rows.json_values import shorten_integers
from entities.api.rows.shown_fields import get_record_fields, object_columns
from entities.models import Record


class DocumentField(serializers.DictField):
    """A JSON object, whose integers of more than 64 bits are text."""

    def to_representation(self, value: Any) -> Any:
        return shorten_integers(value)


class RowSerializer(serializers.ModelSerializer):
    """A row of any model; the base of all others.

    has_optional_fields: the request may choose fields, so that none of them is certain to be there.
    """

    has_optional_fields = True


class SourcedSerializer(RowSerializer):
    """A row of a source, which is shown by its slug."""

    source = serializers.SlugRelatedField("slug", read_only=True)  # type: ignore[assignment, var-annotated]


class RecordSerializer(SourcedSerializer):
    """A mirrored record, with the vendor's fields that have no column under `extra`."""

    extra = DocumentField(read_only=True)


class RowSchema(OpenApiSerializerExtension):
    """Describes rows: which fields may be missing, and which references may be objects."""

    target_class = RowSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if self.target.has_optional_fields:
            schema.pop("required", None)
        model = self.target.Meta.model
        if issubclass(model, Record):
            for field in get_record_fields(model):
                if field.column.refers_to_record and not field.ref:
                    related = auto_schema.resolve_serializer(
                        make_record_serializer(field.related_model), direction
                    )
                    schema["properties"][field.name] = {
                        "nullable": True,
                        "oneOf": [{"type": "integer"}, related.ref],
                    }
        return schema


def make_serializer(
    model: type[models.Model],
    names: Iterable[str],
    base: type[RowSerializer],
    fields: Mapping[str, serializers.Field] | None = None,
    name: str = "",
) -> type[RowSerializer]:
    """Make a read-only serializer of these columns.

    fields: those that the model does not have. name: of the row in the schema, if it is not the model's.
    """
    shown = list(names)
    options = {"model": model, "fields": shown, "read_only_fields": shown}
    meta: Any = type("Meta", (getattr(base, "Meta", object),), options)
    members = {"Meta": meta, "__doc__": f"One {model._meta.verbose_name}.", **(fields or {})}
    return type(f"{name or model.__name__}Serializer", (base,), members)


@cache
def make_record_serializer(model: type[Record]) -> type[RowSerializer]:
    """Make the serializer of a mirrored model: its columns, and beside each column of ids their names."""
    shown = get_record_fields(model)
    fields: dict[str, serializers.Field] = {
        field.name: serializers.CharField(read_only=True, allow_null=True) for field in shown if field.ref
    }
    fields |= {column: DocumentField(read_only=True, allow_null=True) for column in object_columns(model)}
    # Not the model's name alone: generated clients have a class `Client`, which would hide that of a row.
    name = f"{model.__name__}Record"
    return make_serializer(model, [field.name for field in shown], RecordSerializer, fields, name)

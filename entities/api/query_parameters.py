"""Query parameters: refusing those that an address does not know, and telling OpenAPI of the rest."""

from collections.abc import Collection
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from entities.api import parameter_values
from entities.api.parameter_values import MAX_LIST_ITEMS, ChoiceValue, JsonValue, ListValue, TextValue


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise a ValidationError for each parameter that is unknown or given more than once."""
    errors = {}
    told = f"Known: {', '.join(known)}." if known else "This address takes none."
    for name, given in request.query_params.lists():
        if name not in known:
            errors[name] = [f"Unknown parameter. {told}"]
        elif len(given) > 1:
            errors[name] = ["Given more than once."]
    if errors:
        raise ValidationError(errors)


def describe_parameter(name: str, meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    """One query parameter in OpenAPI's words; an array is written with commas."""
    parameter = {"name": name, "in": "query", "description": meaning, "schema": schema}
    return parameter | ({"style": "form", "explode": False} if schema.get("type") == "array" else {})


def describe_form_field(name: str, meaning: str, field: forms.Field) -> dict[str, Any]:
    """The parameter that this form field reads."""
    if isinstance(field, ListValue):
        return describe_parameter(name, meaning, list_schema(item_schema(field.item)))
    if isinstance(field, JsonValue):
        return {"name": name, "in": "query", "description": meaning, "content": {"application/json": {}}}
    return describe_parameter(name, meaning, value_schema(field))


def list_schema(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_LIST_ITEMS}


def item_schema(item: forms.Field) -> dict[str, Any]:
    """Text that needs no quotes around it; other values as they are."""
    plain = {"pattern": parameter_values.PLAIN_ITEM} if isinstance(item, TextValue) else {}
    return value_schema(item) | plain


def value_schema(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, ChoiceValue):
        return {"type": "string", "enum": list(field.known)}
    schema = dict(field.schema)  # type: ignore[attr-defined]
    if isinstance(field, TextValue) and not field.required:
        del schema["minLength"]
    return schema

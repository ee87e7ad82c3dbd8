"""Query parameters: refuses those that an address does not take, and describes the others for OpenAPI."""

from collections.abc import Collection
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from entities.api.filters import parameter_values
from entities.api.filters.parameter_values import MAX_LIST_ITEMS, ChoiceValue, JsonValue, ListValue, TextValue

LIST_DESCRIPTION = (
    "Several values are separated by commas or given by repeating the parameter; one with a comma stands in"
    " double quotes."
)


def refuse_unknown(request: Request, known_names: Collection[str], list_names: Collection[str] = ()) -> None:
    """Raise a ValidationError that names each parameter that is unknown, or repeated and not a list."""
    errors = {}
    hint = f"Choose from: {', '.join(known_names)}." if known_names else "This address takes no parameters."
    for name, values in request.query_params.lists():
        if name not in known_names:
            errors[name] = [f"Unknown parameter. {hint}"]
        elif len(values) > 1 and name not in list_names:
            list_hint = f" Several values go into {name}__in." if f"{name}__in" in list_names else ""
            errors[name] = [f"Given {len(values)} times. Give it only once.{list_hint}"]
    if errors:
        raise ValidationError(errors)


def describe_parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI object of one query parameter; an array is written by repeating it."""
    parameter = {"name": name, "in": "query", "description": description, "schema": schema}
    if schema.get("type") != "array":
        return parameter
    return parameter | {
        "description": f"{description} {LIST_DESCRIPTION}",
        "style": "form",
        "explode": True,
    }


def describe_form_field(name: str, description: str, field: forms.Field) -> dict[str, Any]:
    """Return the OpenAPI object of the parameter that a form field reads."""
    if isinstance(field, ListValue):
        return describe_parameter(name, description, list_schema(item_schema(field.item)))
    if isinstance(field, JsonValue):
        content: dict[str, Any] = {"application/json": {}}
        return {"name": name, "in": "query", "description": description, "content": content}
    return describe_parameter(name, description, value_schema(field))


def list_schema(items: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a list of values."""
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_LIST_ITEMS}


def item_schema(item: forms.Field) -> dict[str, Any]:
    """Return the JSON Schema of a list's item; a text is limited to those that need no quotes."""
    plain = {"pattern": parameter_values.PLAIN_ITEM} if isinstance(item, TextValue) else {}
    return value_schema(item) | plain


def value_schema(field: forms.Field) -> dict[str, Any]:
    """Return the JSON Schema of the values that a form field takes."""
    if isinstance(field, ChoiceValue):
        return {"type": "string", "enum": list(field.choices)}
    schema = dict(field.schema)  # type: ignore[attr-defined]
    if isinstance(field, TextValue) and not field.required:
        del schema["minLength"]
    return schema

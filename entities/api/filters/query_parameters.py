"""Query parameters: refuses those that an address does not take, and describes the others for OpenAPI."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from entities.api.filters import parameter_values
from entities.api.filters.parameter_values import MAX_LIST_ITEMS, ChoiceValue, ListValue, TextValue

LIST_DESCRIPTION = (
    "Several values are separated by commas or given by repeating the parameter; one with a comma stands in"
    " double quotes."
)


PAGE_SIZE_HINT = "page_size is the number of rows in a page."
CURSOR_HINT = "A page leads to the next one: follow its next, or pass its next_cursor as cursor."
ORDERING_HINT = "ordering names the columns."
# Parameters of other APIs -> the parameter that serves instead here, where an address has it, and the hint.
SUBSTITUTES = {
    **dict.fromkeys(("limit", "per_page", "pagesize", "size", "count", "top"), ("page_size", PAGE_SIZE_HINT)),
    **dict.fromkeys(("offset", "page", "skip", "start", "after"), ("cursor", CURSOR_HINT)),
    **dict.fromkeys(("sort", "order", "order_by", "orderby", "sort_by"), ("ordering", ORDERING_HINT)),
    "q": ("search", "search finds words, phones and emails in a list of records."),
}
NEAREST = 3
# To compare a name with those of all filters takes 5 ms. A request may have 2,000 parameters.
MAX_COMPARED = 5
MAX_NAME_LENGTH = 60


def refuse_unknown(request: Request, known_names: Collection[str], list_names: Collection[str] = ()) -> None:
    """Raise a ValidationError that names each parameter that is unknown, or repeated and not a list."""
    unknown = [name for name in request.query_params if name not in known_names]
    errors = dict(_describe_unknown(unknown, known_names))
    for name, values in request.query_params.lists():
        if name in known_names and len(values) > 1 and name not in list_names:
            list_hint = f" Several values go into {name}__in." if f"{name}__in" in list_names else ""
            errors[name] = [f"Given {len(values)} times. Give it only once.{list_hint}"]
    if errors:
        raise ValidationError(errors)


def _describe_unknown(names: list[str], known_names: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    for number, name in enumerate(names):
        shown = name if len(name) <= MAX_NAME_LENGTH else f"{name[:MAX_NAME_LENGTH]}…"
        hint = find_substitute(shown, known_names) if number < MAX_COMPARED else ""
        yield shown, [f"Unknown parameter. {hint}".strip()]


def find_substitute(name: str, known_names: Collection[str]) -> str:
    """Return what to write instead of an unknown parameter: what serves its purpose, or the nearest names."""
    if not known_names:
        return "This address takes no parameters."
    substitute, hint = SUBSTITUTES.get(name, ("", ""))
    if substitute in known_names:
        return hint
    if name == "format":
        return "Answers are JSON."
    nearest = get_close_matches(name.lower(), known_names, NEAREST, cutoff=0)
    return f"The nearest: {', '.join(nearest)}."


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

"""The query parameters that choose what is shown of a row: `fields` and `expand`."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from entities.access.visibility import viewer_of
from entities.api.filters.parameter_values import quote_value, split_lists
from entities.api.filters.query_parameters import LIST_DESCRIPTION, list_schema
from entities.api.rows.shown_fields import (
    KEY_SEPARATOR,
    ShownField,
    expand_fields,
    hide_references,
    is_keyed,
    list_references,
    select_fields,
)

FIELDS, EXPAND = "fields", "expand"
ROW_PARAMETERS = (FIELDS, EXPAND)
# A key within a document's name in the schema: one that needs no quotes in a list.
KEY_PATTERN = r'[^\u0000-\u001f",\s]+'


def read_shown_fields(request: Request, fields: Sequence[ShownField]) -> tuple[ShownField, ...]:
    """Return the fields that the request asks for, or all of them. Raises ValidationError.

    References to records of a kind that the one who asks may not view are hidden.
    """
    shown = hide_references(fields, viewer_of(request))
    if names := _read_list(request, FIELDS):
        try:
            shown = select_fields(shown, names)
        except KeyError as error:
            raise _unknown_name(FIELDS, error.args[0], [field.name for field in fields]) from None
    references = list_references(fields)
    expanded = _read_list(request, EXPAND)
    for name in expanded:
        if name not in references:
            raise _unknown_name(EXPAND, name, references)
    return expand_fields(shown, expanded)


def _read_list(request: Request, parameter: str) -> list[str]:
    texts = request.query_params.getlist(parameter)
    try:
        return split_lists(texts) if texts else []
    except FieldError as error:
        raise ValidationError({parameter: error.messages}) from None


def _unknown_name(parameter: str, name: str, choices: Sequence[str]) -> ValidationError:
    hint = f"Choose from: {', '.join(choices)}." if choices else "There is nothing to choose from here."
    return ValidationError({parameter: [f"Cannot show {quote_value(name)}. {hint}"]})


def describe_row_parameters(fields: Sequence[ShownField]) -> list[OpenApiParameter]:
    """Return the parameters as the schema describes them."""
    columns = [field.name for field in fields]
    names: dict[str, Any] = {"type": "string", "enum": columns}
    documents = [field.name for field in fields if is_keyed(field)]
    if documents:
        # One pattern: of `anyOf` generators make types that cannot be compiled.
        key = rf"({'|'.join(documents)})\{KEY_SEPARATOR}{KEY_PATTERN}"
        names = {"type": "string", "pattern": f"^({'|'.join(columns)}|{key})$"}
    keys = "".join(f" {name}.KEY is the value of one key of {name}." for name in documents)
    parameters = [_describe_list(FIELDS, f"The fields to show; all without it.{keys}", names)]
    if references := list_references(fields):
        description = (
            "References to show as objects, with all fields of the other record. One that you do not"
            " see stays a number, and one of a kind that you may not view is null."
        )
        parameters.append(_describe_list(EXPAND, description, {"type": "string", "enum": references}))
    return parameters


def _describe_list(name: str, description: str, items: dict[str, Any]) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        list_schema(items),
        description=f"{description} {LIST_DESCRIPTION}",
        style="form",
        explode=True,
    )

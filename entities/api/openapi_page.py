"""The OpenAPI schema as the page of the documentation draws it: the lookups of a column are one entry.

A list of deals takes some 280 parameters, of which a browser draws a field each: that takes 1.5 s instead of
0.5 s, and nobody finds anything among them. The schema for programs keeps them all.
"""

from collections.abc import Iterable
from copy import copy
from itertools import groupby, starmap
from typing import Any

from entities.api.filters.column_filters import make_parameter_name
from entities.api.filters.lookup_descriptions import LOOKUP_DESCRIPTIONS

ENDINGS = tuple(make_parameter_name("", lookup) for lookup in LOOKUP_DESCRIPTIONS if lookup != "exact")
# Takes any parameter, so that a lookup without an entry of its own can be tried out.
FURTHER_PARAMETERS = {
    "name": "further",
    "in": "query",
    "description": 'Any other parameters, as a JSON object, such as `{"created_at__gte": "2026-03-01"}`.',
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {},
}
# The answers that the page shows of each operation; the others are the same everywhere.
SHOWN_ANSWERS = ("200", "400")


def fold_lookups(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema for the page. Nothing of the given one is changed."""
    paths = {
        path: {method: fold_operation(operation) for method, operation in operations.items()}
        for path, operations in schema["paths"].items()
    }
    # The page may have been opened under another name of this host than that of the settings.
    return schema | {"paths": paths, "servers": [{"url": "/"}]}


def fold_operation(operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with one parameter for each column."""
    folded = copy(operation)
    folded["responses"] = {
        status: answer for status, answer in operation["responses"].items() if status in SHOWN_ANSWERS
    }
    parameters = operation.get("parameters", [])
    by_column = groupby(parameters, lambda parameter: find_column(parameter["name"]))
    groups = [(column, list(group)) for column, group in by_column]
    if len(groups) < len(parameters):
        folded["parameters"] = [*starmap(fold_group, groups), FURTHER_PARAMETERS]
    return folded


def find_column(name: str) -> str:
    """Return the column of a parameter: created_at of created_at__gte."""
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)


def fold_group(column: str, group: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameter for a column's lookups: the plain one, with what the others are called."""
    first, *others = sorted(group, key=lambda parameter: parameter["name"] != column)
    if not others:
        return first
    names = ", ".join(f"`{parameter['name']}`" for parameter in others)
    return first | {"description": f"{first['description']} Other lookups: {names}."}

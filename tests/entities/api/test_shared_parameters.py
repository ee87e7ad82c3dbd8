"""Parameters that stand once in the schema: whoever follows the references reads what stood there before."""

from typing import Any

import pytest

from crmmirror.api_urls import get_openapi_schema
from entities.api.shared_parameters import share_parameters
from tests.support.openapi_parameters import read_parameters

pytestmark = pytest.mark.unit


def follow_references(schema: dict[str, Any]) -> list[Any]:
    """Return the parameters of all operations."""
    return [parameter for path in schema["paths"] for parameter in read_parameters(schema, path)]


def test_each_parameter_is_the_same_behind_its_reference() -> None:
    schema = get_openapi_schema()
    shared = share_parameters(schema)
    assert follow_references(shared) == follow_references(schema)
    assert len(shared["components"]["parameters"]) * 5 < len(follow_references(schema))
    assert "parameters" not in schema["components"]


def test_different_parameters_of_one_name_have_names_of_their_own() -> None:
    text, number = ({"name": "value", "schema": {"type": kind}} for kind in ("string", "integer"))
    alone = {"name": "alone"}
    operations = [{"parameters": [text, alone]}, {"parameters": [number]}, {"parameters": [number, text]}]
    paths = {str(index): {"get": operation} for index, operation in enumerate(operations)}
    shared = share_parameters({"components": {}, "paths": paths})
    assert shared["components"]["parameters"] == {"value": text, "value.2": number}
    assert follow_references(shared) == [text, alone, number, number, text]

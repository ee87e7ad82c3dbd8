"""The parameters of an operation of an OpenAPI schema, with those that stand in its components."""

from typing import Any


def read_parameters(schema: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """Return the parameters of GET at a path, with the references followed."""
    shared = schema["components"].get("parameters", {})
    return [
        shared[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
        for parameter in schema["paths"][path]["get"].get("parameters", ())
    ]

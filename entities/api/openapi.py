"""The error answers in the OpenAPI schema, which drf-spectacular cannot derive from the views."""

from typing import Any

STATUS_DESCRIPTIONS = {
    "400": "A query parameter is unknown or has a value that cannot be used",
    "401": "The token or session is missing, unknown or expired",
    "403": "The user may not view these records",
    "404": "There is nothing at this address",
    "429": "Too many requests or too much work of this token or session; try again after Retry-After",
    "503": "The database did not answer in time; try again after the seconds in Retry-After",
}
PROBLEM = {
    "type": "object",
    "description": "A problem as described by RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "For each wrong query parameter, what is wrong with it and what to write instead.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def describe_problems(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Add the error answers to every operation of a schema; a hook of drf-spectacular."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {
        status: {"description": description, "content": content}
        for status, description in STATUS_DESCRIPTIONS.items()
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].update(responses)
    return result

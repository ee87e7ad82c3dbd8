"""What drf-spectacular cannot see for itself: the error answers."""

from typing import Any

STATUSES = {
    "400": "Bad request",
    "401": "Who is asking is not known",
    "403": "Not permitted",
    "404": "Not found",
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "What is wrong with each query parameter.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def describe_problems(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Adds the error answers to every operation."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problems = {status: {"description": told, "content": content} for status, told in STATUSES.items()}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].update(problems)
    return result

"""The parts of the schema that no view says: error answers, the server, tags and examples."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings

from crmmirror.lib.database.replica_reads import BEHIND_HEADER
from crmmirror.lib.web.busy_responses import PROBLEM_MEDIA_TYPE, problem_content

# Status -> when it is answered, and the detail of an example.
PROBLEMS = {
    400: (
        "A query parameter is unknown or has a value that cannot be used",
        "status__is: Unknown parameter. The nearest: status__in, status, status__not.",
    ),
    401: (
        "The token or session is missing, unknown or expired",
        "Authentication credentials were not provided.",
    ),
    403: ("The user may not view these records", "You do not have permission to perform this action."),
    404: ("There is nothing at this address", "No Deal matches the given query."),
    405: ("The API is read-only: it takes GET, HEAD and OPTIONS", 'Method "POST" not allowed.'),
    406: (
        "None of the media types in Accept can be answered",
        "Could not satisfy the request Accept header.",
    ),
    429: (
        "Too many requests or too much work of this token or session; try again after Retry-After",
        "Too many requests at once. Send the next one when one of them is answered.",
    ),
    503: (
        "The database did not answer in time; try again after the seconds in Retry-After",
        "The database did not answer in time. Try again after the seconds in Retry-After.",
    ),
}
# The answers that say in how many seconds to try again.
RETRIED = frozenset({429, 503})
# Header -> what it says, its schema, and an example.
HEADERS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "Retry-After": ("The seconds to wait.", {"type": "integer"}, 3),
    "RateLimit-Policy": (
        "The limits of the token or session, for the web process that answers: milliseconds that answers may"
        " take in so many seconds, and requests that are answered at a time. A structured field as in"
        " draft-ietf-httpapi-ratelimit-headers-10.",
        {"type": "string"},
        '"work";q=120000;qu="milliseconds";w=60, "concurrent";q=4;qu="concurrent-requests"',
    ),
    "RateLimit": (
        "What is left of these limits, and in how many seconds there is more.",
        {"type": "string"},
        '"work";r=119985;t=1, "concurrent";r=4',
    ),
    BEHIND_HEADER: (
        "If the answer was read from a replica: how many seconds that was behind.",
        {"type": "number", "minimum": 0},
        0.4,
    ),
}
# The headers of every answer to a token or session.
BUDGET_HEADERS = ("RateLimit-Policy", "RateLimit")
# Tag -> what stands under it. The other tags are those of the kinds of record.
TAGS = {
    "api": "The API itself.",
    "changes": "The change feed: what has changed since a copy was made, and whether the copy is equal.",
    "search": "The search of all kinds of records.",
    "events": "The log of all events, as they came.",
    "sources": "The accounts of CRMs that deliver to the mirror.",
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


def complete_schema(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Add to a schema what the views do not say; a hook of drf-spectacular."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    components["headers"] = {name: describe_header(name) for name in HEADERS}
    components["responses"] = {f"Problem{status}": describe_problem(status) for status in PROBLEMS}
    operations = [operation for path in result["paths"].values() for operation in path.values()]
    for operation in operations:
        for response in operation["responses"].values():
            response["headers"] = response.get("headers", {}) | refer_to_headers(
                [*BUDGET_HEADERS, BEHIND_HEADER]
            )
        operation["responses"] |= {
            str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in PROBLEMS
        }
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                # Addresses have digits only there: a negative id has no address.
                parameter["schema"]["minimum"] = 0
        # The root stands under no path of its own.
        operation["tags"] = operation.get("tags") or ["api"]
    tags = sorted({tag for operation in operations for tag in operation["tags"]})
    result["tags"] = [{"name": tag, "description": describe_tag(tag)} for tag in tags]
    result["servers"] = [{"url": settings.WEB_URL.rstrip("/"), "description": "This mirror."}]
    widen_integers(result)
    return result


def widen_integers(node: Any) -> None:
    """Say of each integer that it may have 64 bits, as ids do: clients in Go and Java take 32 otherwise."""
    if isinstance(node, dict):
        if node.get("type") == "integer":
            node.setdefault("format", "int64")
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            widen_integers(item)


def describe_problem(status: int) -> dict[str, Any]:
    """Return the OpenAPI object of an error answer, with an example."""
    description, detail = PROBLEMS[status]
    example = problem_content(HTTPStatus(status)) | {"detail": detail}
    if status == HTTPStatus.BAD_REQUEST:
        name, _, message = detail.partition(": ")
        example["errors"] = {name: [message]}
    schema = {"$ref": "#/components/schemas/Problem"}
    names = [*BUDGET_HEADERS, *(["Retry-After"] if status in RETRIED else [])]
    return {
        "description": description,
        "content": {PROBLEM_MEDIA_TYPE: {"schema": schema, "example": example}},
        "headers": refer_to_headers(names),
    }


def describe_header(name: str) -> dict[str, Any]:
    """Return the OpenAPI object of a header of answers."""
    description, schema, example = HEADERS[name]
    return {"description": description, "schema": schema, "example": example}


def refer_to_headers(names: Iterable[str]) -> dict[str, Any]:
    """Return the headers of an answer, each by its name among the components."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def describe_tag(tag: str) -> str:
    """Return what stands under a tag."""
    return TAGS.get(tag, f"The {tag.replace('-', ' ')}: lists of them, and what stands below each one.")

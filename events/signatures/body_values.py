"""Values of a body by their path: keys joined by dots; a number counts into a list."""

import json
from typing import Any


def get_body_value(content: Any, path: str) -> str:
    """Return the value as text; empty if there is none, or one that is no text and no number."""
    for key in path.split("."):
        content = _child(content, key)
    if isinstance(content, bool) or content is None or isinstance(content, dict | list):
        return ""
    return str(content)


def set_body_value(body: bytes, path: str, value: str | int) -> bytes:
    """Return the body with this value at the path. A body that has it, or is no JSON object, stays as it is.

    For sending only: numbers are written anew, as Python writes them.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(content, dict) or get_body_value(content, path) == str(value):
        return body
    *parents, last = path.split(".")
    parent = content
    for key in parents:
        child = parent.get(key)
        parent[key] = child if isinstance(child, dict) else {}
        parent = parent[key]
    parent[last] = value
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _child(content: Any, key: str) -> Any:
    if isinstance(content, dict):
        return content.get(key)
    if isinstance(content, list) and key.isdecimal() and int(key) < len(content):
        return content[int(key)]
    return None

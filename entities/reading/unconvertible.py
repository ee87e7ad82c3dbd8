"""The error of a value that its column cannot hold."""

TYPE_NAMES = {str: "text", bool: "a boolean", dict: "an object", list: "an array", type(None): "null"}


class Unconvertible(ValueError):
    """The column cannot hold this value. The message says why, without the value."""


def type_name(value: object) -> str:
    """Return the name of a JSON value's type, for messages."""
    return TYPE_NAMES.get(type(value), "a number")

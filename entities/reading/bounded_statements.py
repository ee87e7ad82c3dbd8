"""Bounds what an event says for a record's `extra`: the number of keys and the length of values. Pure."""

from collections.abc import Iterable
from typing import Any

from entities.merge import extra_bounds
from entities.merge.extra_bounds import bound_value
from entities.merge.registers import EXTRA, Invalid, bound_writes
from entities.reading.converters import to_document
from entities.reading.mapped_event import Statement


def bound_statements(statements: Iterable[Statement]) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
    """Return the statements as they are to be merged, and a warning if values of them were too long.

    statements: with any number of keys for `extra`, and the values under them as they were parsed.
    """
    bounded: list[Statement] = []
    long_values = 0
    for statement in statements:
        writes = bound_writes(statement.writes)
        values, count = _bound_values(writes)
        if values:
            omitted = len(statement.writes.keys() - writes.keys())
            statement = Statement(statement.key, statement.clock, writes | values, omitted)
        bounded.append(statement)
        long_values += count
    return tuple(bounded), (_describe_long_values(long_values),) if long_values else ()


def _bound_values(writes: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return those writes that `extra` shows, with bounded values, and how many of these were too long.

    The values of keys are converted only here: of 55,000, 500 are left.
    """
    values: dict[str, Any] = {}
    long_values = 0
    for name, value in writes.items():
        if name.startswith(EXTRA):
            document = to_document(value)
            values[name] = bounded = bound_value(document)
        elif isinstance(value, Invalid):
            document, bounded = value.raw, bound_value(value.raw)
            values[name] = Invalid(value.key, bounded)
        else:
            continue
        long_values += bounded is not document
    return values, long_values


def _describe_long_values(count: int) -> str:
    """Return one warning, however many there are: an event of a megabyte may have sixty."""
    return (
        f"extra: {count:,} value{'s' * (count > 1)} of more than {extra_bounds.MAX_VALUE_BYTES:,} bytes kept"
        " as length and digest; the event has the whole"
    )

"""Bounds what an event says for a record's `extra`: the number of keys and the length of values. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
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
    bounded = [_bound_statement(statement) for statement in statements]
    count = sum(long_values for _, long_values in bounded)
    # One line, however many there are: an event of a megabyte may have sixty.
    warning = (
        f"extra: {count:,} value{'s' * (count > 1)} of more than {extra_bounds.MAX_VALUE_BYTES:,} bytes kept"
        " as length and digest; the event has the whole"
    )
    return tuple(statement for statement, _ in bounded), (warning,) if count else ()


def _bound_statement(statement: Statement) -> tuple[Statement, int]:
    """Return the statement with bounded keys and values, and how many of the values were too long."""
    writes = bound_writes(statement.writes)
    bounded = dict(_bound_values(writes))
    if not bounded:
        return statement, 0
    omitted = len(statement.writes.keys() - writes.keys())
    long_values = sum(is_long for _, is_long in bounded.values())
    values = {name: value for name, (value, _) in bounded.items()}
    return replace(statement, writes=writes | values, omitted=omitted), long_values


def _bound_values(writes: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """Yield, for each write that `extra` shows, its register, its bounded value, and whether it was too long.

    The values of keys are converted only here: of 55,000, 500 are left.
    """
    for name, value in writes.items():
        if isinstance(value, Invalid):
            raw = bound_value(value.raw)
            yield name, (Invalid(value.key, raw), raw is not value.raw)
        elif name.startswith(EXTRA):
            document = to_document(value)
            bounded = bound_value(document)
            yield name, (bounded, bounded is not document)

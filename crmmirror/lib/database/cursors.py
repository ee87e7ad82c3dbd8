"""Runs SQL statements on the default connection, and returns what they found."""

from typing import Any

from django.db import connection

Row = tuple[Any, ...]


def fetch_rows(statement: str, *parameters: Any, **named: Any) -> list[Row]:
    """Run a statement; return its rows, or an empty list if it returns none. Raises django.db.Error.

    Pass either positional parameters, for `%s`, or named ones, for `%(name)s`.
    """
    with connection.cursor() as cursor:
        # With None, and not an empty tuple, a percent sign in the statement stands for itself.
        cursor.execute(statement, parameters or named or None)
        return cursor.fetchall() if cursor.description else []


def fetch_value(statement: str, *parameters: Any, **named: Any) -> Any:
    """Run a statement; return the first column of its first row, or None if there is no row."""
    rows = fetch_rows(statement, *parameters, **named)
    return rows[0][0] if rows else None


def execute(statement: str, *parameters: Any) -> int:
    """Run a statement; return how many rows it affected."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.rowcount

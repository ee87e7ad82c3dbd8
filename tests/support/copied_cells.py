"""Cells of copies that clients of the API make, as the API shows them."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]


def read_duckdb(relation: str, database: Path | None = None) -> Rows:
    """Return the rows of a table or of a table function, as DuckDB reads them."""
    import duckdb

    with duckdb.connect(database or ":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        result = connection.execute(f"SELECT * FROM {relation}")  # noqa: S608
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def read_back(value: Any, shown: Any) -> Any:
    """Return a cell of a copy as the API shows it. shown: the API's value."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            text = f"{value:.4f}"
            return text[:-2] if text.endswith("00") else text.rstrip("0")
        case str() if not isinstance(shown, str):
            return json.loads(value)
    return list(value) if isinstance(shown, list) and value is not None else value


def read_rows_back(rows: Rows, shown: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return the rows of a copy as the API shows them, by their ids; fail if an id comes twice.

    shown: the API's rows by their ids. A column that the copy lacks, as dlt lacks those that were always
    null, is null; what the API does not show, such as the columns that a loader adds, is left out.
    """
    # Of CSV even ids are texts.
    by_id = {int(row["id"]): row for row in rows}
    assert len(by_id) == len(rows)
    return {
        key: {name: read_back(row.get(name), value) for name, value in shown.get(key, row).items()}
        for key, row in by_id.items()
    }

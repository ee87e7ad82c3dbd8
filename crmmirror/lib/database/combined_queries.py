"""Runs several queries in one statement, for pages that ask for many small things."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows

JsonRow = dict[str, Any]


def fetch_together(queries: Sequence[QuerySet]) -> list[list[JsonRow]]:
    """Return the rows of each query, all of them read by one statement; none if there are no queries.

    queries: with `values()`, so that each column has a name. Their rows are as JSON has them: times are texts
    in ISO 8601, and numbers with a point are Decimal.
    """
    if not queries:
        return []
    parts, parameters = [], list[Any]()
    for rows in queries:
        try:
            statement, values = rows.query.sql_with_params()
        except EmptyResultSet:
            parts.append("'[]'")
        else:
            parts.append(f"(SELECT coalesce(json_agg(to_json(part)), '[]') FROM ({statement}) AS part)::text")
            parameters += values
    (row,) = fetch_rows(f"SELECT {', '.join(parts)}", *parameters)
    return [json.loads(text, parse_float=Decimal) for text in row]

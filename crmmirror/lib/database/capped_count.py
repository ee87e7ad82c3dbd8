"""Counts that stay fast on a large table, because they stop one beyond a cap."""

from collections.abc import Sequence

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows


def count_up_to(rows: QuerySet, cap: int) -> int:
    """Count rows up to one beyond the cap: `cap + 1` means "more than the cap"."""
    return rows.order_by()[: cap + 1].count()


def count_each_up_to(queries: Sequence[QuerySet], cap: int) -> list[int]:
    """Count the rows of each query as `count_up_to` does, all of them in one statement."""
    if not queries:
        return []
    counts, parameters = [], list[object]()
    for rows in queries:
        try:
            statement, values = rows.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            counts.append("0")
        else:
            counts.append(f"(SELECT count(*) FROM ({statement}) AS rows)")
            parameters += values
    (row,) = fetch_rows(f"SELECT {', '.join(counts)}", *parameters)
    return list(row)


def format_capped(counted: int, cap: int) -> str:
    """Format what `count_up_to` returned: `1,234`, or `10,000+` beyond the cap."""
    return f"{cap:,}+" if counted > cap else f"{counted:,}"

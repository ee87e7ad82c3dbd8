"""Counts that stay fast on a large table, because they stop one beyond a cap."""

from collections.abc import Sequence

from django.db.models import QuerySet

from crmmirror.lib.database.cursors import fetch_rows


def count_up_to(rows: QuerySet, cap: int) -> int:
    """Count rows up to one beyond the cap: `cap + 1` means "more than the cap"."""
    return rows.order_by()[: cap + 1].count()


def count_each_up_to(querysets: Sequence[QuerySet], cap: int) -> list[int]:
    """Count the rows of each queryset as `count_up_to` does, all of them by one query."""
    if not querysets:
        return []
    queries = [rows.order_by()[: cap + 1].values("pk").query.sql_with_params() for rows in querysets]
    columns = ", ".join(f"(SELECT count(*) FROM ({sql}) AS rows)" for sql, _ in queries)
    [counts] = fetch_rows(f"SELECT {columns}", *(value for _, values in queries for value in values))
    return list(counts)


def format_capped(counted: int, cap: int) -> str:
    """Format what `count_up_to` returned: `1,234`, or `10,000+` beyond the cap."""
    return f"{cap:,}+" if counted > cap else f"{counted:,}"

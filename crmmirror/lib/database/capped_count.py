"""Counts that stay fast on a large table, because they stop one beyond a cap."""

from django.db.models import QuerySet


def count_up_to(rows: QuerySet, cap: int) -> int:
    """Count rows up to one beyond the cap: `cap + 1` means "more than the cap"."""
    return rows.order_by()[: cap + 1].count()


def format_capped(counted: int, cap: int) -> str:
    """Format what `count_up_to` returned: `1,234`, or `10,000+` beyond the cap."""
    return f"{cap:,}+" if counted > cap else f"{counted:,}"

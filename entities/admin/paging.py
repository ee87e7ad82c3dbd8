"""Counts that a large table cannot make slow."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import QuerySet

CAP = 10_000


class CappedPaginator(Paginator):
    """Counts and pages through the first 10,000 rows; whoever wants others narrows the list."""

    object_list: QuerySet

    @cached_property
    def counted(self) -> int:
        return self.object_list.order_by()[: CAP + 1].count()

    @property
    def count(self) -> int:
        return min(self.counted, CAP)

    @property
    def count_label(self) -> str:
        return capped(self.counted, CAP)

    @property
    def is_capped(self) -> bool:
        return self.counted > CAP


def capped(counted: int, cap: int) -> str:
    """A count that was taken up to one beyond the cap."""
    return f"{cap:,}+" if counted > cap else f"{counted:,}"

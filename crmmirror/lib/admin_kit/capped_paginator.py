"""A paginator that a large table cannot make slow."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import QuerySet

from crmmirror.lib.capped_count import count_up_to, format_capped

MAX_ROWS = 10_000


class CappedPaginator(Paginator):
    """Counts and pages through the first 10,000 rows; whoever wants others narrows the list."""

    object_list: QuerySet

    @cached_property
    def counted(self) -> int:
        return count_up_to(self.object_list, MAX_ROWS)

    @property
    def count(self) -> int:
        return min(self.counted, MAX_ROWS)

    @property
    def count_label(self) -> str:
        return format_capped(self.counted, MAX_ROWS)

    @property
    def is_capped(self) -> bool:
        return self.counted > MAX_ROWS

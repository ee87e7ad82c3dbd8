"""A paginator that a large table cannot make slow."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from crmmirror.lib.database.capped_count import count_up_to, format_capped

MAX_ROWS = 10_000


class CappedPaginator(Paginator):
    """Counts and pages through the first MAX_ROWS rows only, because an exact count reads the whole table.

    Staff reach the other rows by narrowing the list with a search or filters.
    """

    object_list: QuerySet

    # Not the one of functools, which before Python 3.12 holds a lock of all paginators while it counts: the
    # list of one locked table would hold up every other list.
    @cached_property
    def capped_count(self) -> int:
        """Count the rows up to one beyond MAX_ROWS."""
        return count_up_to(self.object_list, MAX_ROWS)

    @property
    def count(self) -> int:
        """Return the number of rows that can be paged through."""
        return min(self.capped_count, MAX_ROWS)

    @property
    def count_label(self) -> str:
        """Return the number of rows for people: `1,234`, or `10,000+` beyond the cap."""
        return format_capped(self.capped_count, MAX_ROWS)

    @property
    def is_capped(self) -> bool:
        """Return True if there are rows that no page shows."""
        return self.capped_count > MAX_ROWS

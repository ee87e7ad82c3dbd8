"""The rate limit of a source: the key and the limit of its token bucket."""

from crmmirror.lib.token_bucket import Limit
from events.models import Period

# The key of a source's token bucket begins with this; the source's id follows.
BUCKET_PREFIX = "source:"
PERIOD_SECONDS = {Period.SECOND: 1, Period.MINUTE: 60}


def rate_limit_of(count: int | None, period: str) -> Limit | None:
    """Return the limit of `count` deliveries per period; None if `count` is empty.

    period: a value of `events.models.Period`. Raises ValueError for any other.
    """
    return Limit(count, PERIOD_SECONDS[Period(period)]) if count else None

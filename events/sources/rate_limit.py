"""The rate limit of a source: its token bucket's key and limit."""

from crmmirror.lib.token_bucket import Limit
from events.models import Period

# The key of a source's token bucket; the source's id follows.
BUCKET_PREFIX = "source:"
PERIOD_SECONDS = {Period.SECOND: 1, Period.MINUTE: 60}


def rate_limit_of(count: int | None, period: str) -> Limit | None:
    """Return a source's limit; None if it has none. period: a value of `events.models.Period`."""
    return Limit(count, PERIOD_SECONDS[Period(period)]) if count else None

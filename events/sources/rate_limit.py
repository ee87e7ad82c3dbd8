"""The rate limit of a source: a token bucket of so many deliveries a second or a minute."""

from typing import Protocol

from crmmirror.lib.token_bucket import Limit, consume
from events.models import Period

# The key of a source's token bucket begins with this; the source's id follows.
BUCKET_PREFIX = "source:"
PERIOD_SECONDS = {Period.SECOND: 1, Period.MINUTE: 60}


class RateLimited(Protocol):
    """A source with its limit and the state of its bucket (`events.sources.lookup.ActiveSource`)."""

    @property
    def id(self) -> int: ...
    @property
    def rate_limit(self) -> int | None: ...
    @property
    def rate_period(self) -> str: ...
    @property
    def seconds_until_full(self) -> float | None: ...


def rate_limit_wait(source: RateLimited) -> float:
    """Return the seconds after the look-up until the source accepts a delivery; 0 or less if at once."""
    limit = _limit_of(source)
    return limit.wait_seconds(source.seconds_until_full) if limit else 0.0


def consume_delivery(source: RateLimited) -> float:
    """Consume one delivery of the source's limit. Return 0, or the seconds until one is available."""
    limit = _limit_of(source)
    return consume(f"{BUCKET_PREFIX}{source.id}", limit) if limit else 0.0


def _limit_of(source: RateLimited) -> Limit | None:
    if not source.rate_limit:
        return None
    return Limit(source.rate_limit, PERIOD_SECONDS[Period(source.rate_period)])

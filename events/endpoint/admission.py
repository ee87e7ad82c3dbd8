"""Whether a source takes a delivery from there and now: its networks and its rate limit."""

import math
from collections.abc import Mapping
from typing import Any

from crmmirror.lib.allowed_networks import is_allowed
from crmmirror.lib.token_bucket import consume
from events.refusals.reasons import RefusalReason, Refused
from events.sources.lookup import ActiveSource
from events.sources.rate_limit import BUCKET_PREFIX, rate_limit_of


def check_admission(source: ActiveSource, environ: Mapping[str, Any]) -> None:
    """By what is known before the body is read; writes nothing. Raises Refused."""
    if not is_allowed(source.allowed_networks, environ):
        raise Refused(RefusalReason.NETWORK, "The source takes no deliveries from this address.")
    limit = rate_limit_of(source.rate_limit, source.rate_period)
    if limit and (wait := limit.wait_seconds(source.seconds_until_full)) > 0:
        raise _too_many(wait)


def consume_rate_limit(source: ActiveSource) -> None:
    """Counts an authentic delivery: what strangers send uses up nothing. Raises Refused."""
    limit = rate_limit_of(source.rate_limit, source.rate_period)
    if limit and (wait := consume(f"{BUCKET_PREFIX}{source.id}", limit)) > 0:
        raise _too_many(wait)


def _too_many(wait: float) -> Refused:
    return Refused(
        RefusalReason.RATE, "The source's limit on deliveries is used up; slow down.", math.ceil(wait)
    )

"""Admission of a delivery by its source's allowed networks and rate limit."""

import math
from collections.abc import Mapping
from typing import Any

from crmmirror.lib.token_bucket import consume
from crmmirror.lib.web.allowed_networks import is_allowed
from events.refusals.reasons import RefusalReason, Refused
from events.sources.lookup import ActiveSource
from events.sources.rate_limit import BUCKET_PREFIX, rate_limit_of


def check_admission(source: ActiveSource, environ: Mapping[str, Any]) -> None:
    """Check the network and the rate limit before the body is read; consume nothing. Raises Refused.

    environ: the request's, by WSGI.
    """
    if not is_allowed(source.allowed_networks, environ):
        raise Refused(RefusalReason.NETWORK, "The source takes no deliveries from this address.")
    limit = rate_limit_of(source.rate_limit, source.rate_period)
    if limit:
        _require_no_wait(limit.wait_seconds(source.seconds_until_full))


def consume_rate_limit(source: ActiveSource) -> None:
    """Consume one delivery of the source's rate limit. Raises Refused if it is used up.

    Only authentic deliveries consume: a stranger must not be able to use up the limit of a source.
    """
    limit = rate_limit_of(source.rate_limit, source.rate_period)
    if limit:
        _require_no_wait(consume(f"{BUCKET_PREFIX}{source.id}", limit))


def _require_no_wait(seconds: float) -> None:
    if seconds > 0:
        detail = "The source's rate limit is used up; try again after the seconds in Retry-After."
        raise Refused(RefusalReason.RATE, detail, math.ceil(seconds))

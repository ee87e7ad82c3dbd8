"""Whether a source takes a delivery from there and now: its networks and its rate limit."""

import math
from collections.abc import Mapping
from typing import Any

from events import limits, networks
from events.problems import Reason, Refused
from events.sources import Addressee


def admit(source: Addressee, environ: Mapping[str, Any]) -> None:
    """By what is known before the body is read; writes nothing. Raises Refused."""
    if not networks.allows(source.allowed_networks, environ):
        raise Refused(Reason.NETWORK, "The source takes no deliveries from this address.")
    limit = limits.limit_of(source.rate_limit, source.rate_period)
    if limit and (wait := limit.wait(source.spent_seconds)) > 0:
        raise _too_many(wait)


def charge(source: Addressee) -> None:
    """Counts an authentic delivery: what strangers send uses up nothing. Raises Refused."""
    limit = limits.limit_of(source.rate_limit, source.rate_period)
    if limit and (wait := limits.spend(f"{limits.OF_SOURCE}{source.id}", limit)) > 0:
        raise _too_many(wait)


def _too_many(wait: float) -> Refused:
    return Refused(Reason.RATE, "The source's limit on deliveries is used up; slow down.", math.ceil(wait))

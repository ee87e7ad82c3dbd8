"""The API's tokens, for programs that have one: who tries those that are none is slowed down."""

import math
from typing import Any

from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from entities.api.authentication import ApiTokens
from events import limits, networks
from events.limits import Limit

# Of an address. A token that is one is always let in: nobody can be locked out.
FAILURES = Limit(30, 60)


class ThrottledTokens(ApiTokens):
    """Answers 429 instead of 401 to an address that has failed too often."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            address = networks.origin(networks.remote_address(request.META))
            if wait := limits.spend(f"token:{address}", FAILURES):
                raise Throttled(math.ceil(wait)) from None
            limits.forget_past()
            raise

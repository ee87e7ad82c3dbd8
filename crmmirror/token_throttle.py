"""The API's tokens, for programs that have one: who tries those that are none is slowed down."""

import math
from typing import Any

from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from crmmirror.lib.client_address import client_address, client_key
from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets
from entities.api.authentication import ApiTokenAuthentication

# Of an address. A token that is one is always let in: nobody can be locked out.
FAILURE_LIMIT = Limit(30, 60)


class ThrottledTokenAuthentication(ApiTokenAuthentication):
    """Answers 429 instead of 401 to an address that has failed too often."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            address = client_key(client_address(request.META))
            if wait := consume(f"token:{address}", FAILURE_LIMIT):
                raise Throttled(math.ceil(wait)) from None
            delete_full_buckets()
            raise

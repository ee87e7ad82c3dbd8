"""The limit on failed API tokens: slows down clients that try tokens which do not exist."""

import math
from typing import Any

from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from crmmirror.lib.database.replica_reads import on_primary, reads_from_replica
from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets
from crmmirror.lib.web.client_address import client_address, client_key
from entities.access.visibility import visibility_of
from entities.api.authentication import ApiTokenAuthentication

# For each client address. A valid token is always accepted, so that nobody can be locked out.
FAILURE_LIMIT = Limit(30, 60)


class ThrottledTokenAuthentication(ApiTokenAuthentication):
    """Token authentication that answers 429 instead of 401 to an address that has failed too often."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user and the token; None without one. Raises AuthenticationFailed or Throttled.

        A token that was revoked ends at once, and its limits count, however far a replica is behind.
        """
        is_from_replica = reads_from_replica()
        with on_primary():
            credentials = self._authenticate(request)
            if credentials and is_from_replica:
                user, token = credentials
                # Cached on both, for the view.
                user.get_all_permissions()
                visibility_of(token)
        return credentials

    def _authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            address = client_key(client_address(request.META))
            if wait_seconds := consume(f"token:{address}", FAILURE_LIMIT):
                raise Throttled(math.ceil(wait_seconds)) from None
            delete_full_buckets()
            raise

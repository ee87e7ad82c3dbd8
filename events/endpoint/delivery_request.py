"""A request to the endpoint, as the checks of a delivery read it."""

from dataclasses import dataclass

from django.http import HttpRequest

from events.endpoint.request_body import check_size, read_body
from events.endpoint.request_headers import RequestHeaders
from events.refusals.reasons import RefusalReason, Refused
from events.sources.public_address import public_url


@dataclass
class DeliveryRequest:
    """Caches the request body, because the WSGI input can be read only once and two sources may be tried."""

    request: HttpRequest
    _cached_body: bytes | None = None
    _is_cut: bool = False

    @property
    def headers(self) -> RequestHeaders:
        return RequestHeaders(self.request)

    @property
    def public_url(self) -> str:
        """The URL that the sender called, if it called the public address."""
        return public_url(self.request.path_info, self.request.META.get("QUERY_STRING", ""))

    def body(self, limit: int) -> bytes:
        """Return the body: at least one and at most `limit` bytes. Raises Refused."""
        if self._cached_body is None:
            self._cached_body = read_body(self.request, limit)
            self._is_cut = len(self._cached_body) > limit
        check_size(len(self._cached_body), limit)
        if self._is_cut:
            # The limit was raised meanwhile, and the rest of the body would not be the event.
            raise Refused(RefusalReason.UNAVAILABLE, "The source's limit was raised just now: send it again.")
        return self._cached_body

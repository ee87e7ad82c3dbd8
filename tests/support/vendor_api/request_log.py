"""The requests that the vendor received, and whether they kept its limit."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class LoggedRequest:
    """One request. cursor: empty for a first page. at: seconds of the limit's clock.

    was_planned: whether the answer is a fault that was planned. within_limit: whether the limit allowed it.
    """

    method: str
    path: str
    cursor: str
    status: int
    at: float
    was_planned: bool
    within_limit: bool


class RequestLog:
    """All requests in the order in which they were answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> None:
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        with self._lock:
            return tuple(self._requests)

    def repeated_pages(self) -> dict[tuple[str, str], int]:
        """Return (path, cursor) -> how often, of the pages that were answered more than once."""
        pages = Counter((request.path, request.cursor) for request in self.requests if request.status == 200)
        return {page: count for page, count in pages.items() if count > 1}

    def beyond_limit(self) -> list[LoggedRequest]:
        """Return the requests that came although nothing was left of the limit."""
        return [request for request in self.requests if not request.within_limit]


@dataclass(frozen=True)
class LimitState:
    """The rest of the limit after a request. reset: when it is whole again, in seconds of its clock."""

    is_allowed: bool
    remaining: int
    reset: float


class RequestLimit:
    """At most so many requests within any such period: a sliding window, for both versions together.

    clock: monotonic or not; a test moves it by hand.
    """

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float]) -> None:
        self.requests, self.seconds, self.clock = requests, seconds, clock
        self._lock = threading.Lock()
        self._counted: deque[float] = deque()

    def take(self) -> LimitState:
        """Count a request, unless the limit is used up."""
        with self._lock:
            now = self.clock()
            while self._counted and self._counted[0] <= now - self.seconds:
                self._counted.popleft()
            is_allowed = len(self._counted) < self.requests
            if is_allowed:
                self._counted.append(now)
            reset = (self._counted[0] if self._counted else now) + self.seconds
            return LimitState(is_allowed, self.requests - len(self._counted), reset)

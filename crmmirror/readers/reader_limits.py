"""Limits on what one reader may take of this process: requests at a time, and seconds of work in a minute.

The token bucket here is in memory, unlike those of `crmmirror.lib.token_bucket`: a reader who is over a
limit must not cost the connection that he is to leave to the others.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock, Semaphore

from crmmirror.lib.token_bucket import Limit
from crmmirror.lib.web.busy_responses import Busy

# When there are so many accounts, those are dropped that have no request under way and whose work is back
# within FORGOTTEN_SECONDS. Otherwise strangers who make up tokens would fill the memory.
MAX_ACCOUNTS = 1000
FORGOTTEN_SECONDS = 1.0
PROCESS_RETRY_SECONDS = 3
# Work comes back all the time: whoever has used some has more of it within a second.
MIN_WAIT_SECONDS = 1.0


class ReaderRefused(Exception):
    """A reader is over a limit. busy: the answer."""

    def __init__(self, busy: Busy) -> None:
        super().__init__(busy.heading)
        self.busy = busy


@dataclass(frozen=True)
class Bounds:
    """The limits of one reader. whose: what they hold for, in words.

    running: how many requests are answered at a time; waiting: how many more may wait, for wait_seconds at
    most. work: the seconds that answers may take, in a period; None if there is no such limit.
    """

    whose: str
    running: int
    waiting: int
    wait_seconds: float
    work: Limit | None = None

    def too_many_requests(self) -> Busy:
        return Busy(
            HTTPStatus.TOO_MANY_REQUESTS,
            "Too many requests at once",
            f"Of {self.whose}, {self.running} requests are answered at a time and {self.waiting} may wait."
            " Send the next one when one of them is answered.",
            math.ceil(self.wait_seconds),
        )

    def too_much_work(self, work: Limit, wait_seconds: float) -> Busy:
        return Busy(
            HTTPStatus.TOO_MANY_REQUESTS,
            "Too much was asked for",
            f"Answers to {self.whose} may take {work.count} seconds in {work.seconds:g} seconds."
            " Send one request at a time, and ask for less with each.",
            math.ceil(wait_seconds),
        )


@dataclass(frozen=True)
class Budget:
    """A reader's remaining budget in this process.

    running: of his requests that may be answered at a time, how many are free. work: the seconds that answers
    may take now, 0 if he is refused; None if there is no such limit. wait_seconds: until there is more work;
    0 if the bucket is full.
    """

    bounds: Bounds
    running: int
    work: float | None = None
    wait_seconds: float = 0.0


class Account:
    """Counts what one reader takes of this process: requests and seconds of work.

    present: the requests that run or wait. full_at: when the token bucket of work is full again (GCRA).
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.present = 0
        self.full_at = -math.inf
        self._places = Semaphore(bounds.running)

    @contextmanager
    def hold_place(self) -> Iterator[None]:
        """Hold the place of a request that runs; wait for one. Raises ReaderRefused if none becomes free."""
        if not self._places.acquire(timeout=self.bounds.wait_seconds):
            raise ReaderRefused(self.bounds.too_many_requests())
        try:
            yield
        finally:
            self._places.release()

    def check(self, now: float) -> None:
        """Raise ReaderRefused if the reader may send no request now."""
        work = self.bounds.work
        if work and (wait_seconds := work.wait_seconds(self.full_at - now)) > 0:
            raise ReaderRefused(self.bounds.too_much_work(work, wait_seconds))
        if self.present >= self.bounds.running + self.bounds.waiting:
            raise ReaderRefused(self.bounds.too_many_requests())

    def charge(self, began: float, now: float) -> None:
        """Take the seconds since `began` from the token bucket."""
        if work := self.bounds.work:
            self.full_at = max(self.full_at, now) + (now - began) * work.refill_seconds

    def measure(self, now: float) -> Budget:
        """Return what is left of the bounds."""
        running = max(0, self.bounds.running - self.present)
        work = self.bounds.work
        if work is None:
            return Budget(self.bounds, running)
        until_full = max(0.0, self.full_at - now)
        if (wait_seconds := work.wait_seconds(until_full)) > 0:
            return Budget(self.bounds, running, 0.0, wait_seconds)
        left = work.count - until_full / work.refill_seconds
        return Budget(self.bounds, running, left, min(until_full, MIN_WAIT_SECONDS))

    def is_worth_keeping(self, now: float) -> bool:
        return self.present > 0 or self.full_at > now + FORGOTTEN_SECONDS


class ReaderLimits:
    """Admits the requests of readers to a process.

    total: how many may run or wait, of all readers, and so how many threads they hold. clock: monotonic.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._lock = Lock()
        self._present = 0
        self._accounts: dict[str, Account] = {}

    @contextmanager
    def admit(self, bounds_by_key: Mapping[str, Bounds]) -> Iterator[None]:
        """Run a request in this block. Raises ReaderRefused if one of its accounts is over a limit.

        bounds_by_key: the keys under which the request counts, all of them, with their bounds; in the order
        in which it waits for its places.
        """
        accounts = self._enter(bounds_by_key)
        try:
            with ExitStack() as places:
                for account in accounts:
                    places.enter_context(account.hold_place())
                began = self._clock()
                try:
                    yield
                finally:
                    self._charge(accounts, began)
        finally:
            self._leave(accounts)

    def measure(self, key: str, bounds: Bounds) -> Budget:
        """Return what the reader with this key may still take. bounds: those of the key."""
        with self._lock:
            now = self._clock()
            account = self._accounts.get(key)
            return account.measure(now) if account else Account(bounds).measure(now)

    def _enter(self, bounds_by_key: Mapping[str, Bounds]) -> list[Account]:
        with self._lock:
            now = self._clock()
            accounts = [self._get_account(key, bounds, now) for key, bounds in bounds_by_key.items()]
            for account in accounts:
                account.check(now)
            if self._present >= self._total:
                raise ReaderRefused(self._process_is_full())
            self._present += 1
            for account in accounts:
                account.present += 1
            return accounts

    def _charge(self, accounts: list[Account], began: float) -> None:
        with self._lock:
            now = self._clock()
            for account in accounts:
                account.charge(began, now)

    def _leave(self, accounts: list[Account]) -> None:
        with self._lock:
            self._present -= 1
            for account in accounts:
                account.present -= 1

    def _get_account(self, key: str, bounds: Bounds, now: float) -> Account:
        if key not in self._accounts and len(self._accounts) >= MAX_ACCOUNTS:
            kept = {key: account for key, account in self._accounts.items() if account.is_worth_keeping(now)}
            self._accounts = kept
        return self._accounts.setdefault(key, Account(bounds))

    def _process_is_full(self) -> Busy:
        return Busy(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Too many readers at once",
            f"{self._total} requests are being answered or wait, which is as many as may.",
            PROCESS_RETRY_SECONDS,
        )

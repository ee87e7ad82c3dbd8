"""The budget of requests of one key, over all processes and lists: a sliding window in a row of the database.

A request counts from its reservation until the vendor's period has passed since its answer. The vendor counts
it from some moment in between, so its own count is never higher. A process that is killed leaves a
reservation, which ends as if the answer had taken as long as it may.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from crmmirror.lib.database.cursors import fetch_value
from entities.resource_language import Api
from events.api_client.answers import read_remaining, read_wait
from events.api_client.http_client import MAX_REQUEST_SECONDS
from events.api_client.problems import Answer
from events.models import RequestBudget

NOW = "SELECT clock_timestamp()"
# Back-off if the vendor asks to wait and does not say how long: its period, doubled so often at most.
MAX_DOUBLINGS = 6


class BudgetSpent(Exception):
    """No request may be made before `until`. The message says why."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


@dataclass(frozen=True)
class Reservation:
    """A request that counts against the budget of its key."""

    key_digest: str
    name: str


def allowed_requests(api: Api) -> int:
    """Return how many of the vendor's requests are ours; the rest is for other users of the key."""
    return min(api.limit, max(1, api.limit * settings.API_LIMIT_PERCENT // 100))


def reserve_request(key_digest: str, api: Api) -> Reservation:
    """Reserve a request. Raises BudgetSpent. Not in a transaction: others must see it before it is sent."""
    with _locked(key_digest) as (budget, now):
        counting = _counting(budget, now)
        if budget.blocked_until and budget.blocked_until > now:
            raise BudgetSpent("The vendor asked to wait.", budget.blocked_until)
        if len(counting) >= allowed_requests(api):
            until = datetime.fromtimestamp(min(counting.values()), UTC)
            raise BudgetSpent(
                f"The {allowed_requests(api)} requests in {api.seconds} seconds that are ours are spent.",
                until,
            )
        reservation = Reservation(key_digest, uuid.uuid4().hex)
        ends = now + timedelta(seconds=MAX_REQUEST_SECONDS + api.seconds)
        budget.spent = counting | {reservation.name: ends.timestamp()}
        budget.save(update_fields=["spent"])
    return reservation


def release_request(reservation: Reservation) -> None:
    """Give a reservation back: the request was not sent."""
    with _locked(reservation.key_digest) as (budget, now):
        budget.spent = {
            name: ends for name, ends in _counting(budget, now).items() if name != reservation.name
        }
        budget.save(update_fields=["spent"])


def settle_request(reservation: Reservation, api: Api, answer: Answer | None) -> None:
    """Note that the request has ended. answer: what its headers say is obeyed; None if there was none."""
    with _locked(reservation.key_digest) as (budget, now):
        budget.spent = _counting(budget, now) | {reservation.name: now.timestamp() + api.seconds}
        if answer is not None:
            _obey(budget, api, answer, now)
        budget.save()


def _obey(budget: RequestBudget, api: Api, answer: Answer, now: datetime) -> None:
    is_refused = answer.status == 429
    doublings = min(budget.refused_in_row, MAX_DOUBLINGS)
    budget.refused_in_row = budget.refused_in_row + 1 if is_refused else 0
    wait = read_wait(answer)
    remaining = read_remaining(answer)
    if is_refused:
        wait = wait if wait is not None else api.seconds * 2.0**doublings
    elif wait is None or remaining is None or remaining >= api.limit - allowed_requests(api):
        # Something is left for others.
        return
    budget.blocked_until = max(budget.blocked_until or now, now + timedelta(seconds=wait))


def _counting(budget: RequestBudget, now: datetime) -> dict[str, float]:
    """Return the requests that count still."""
    return {name: ends for name, ends in budget.spent.items() if ends > now.timestamp()}


@contextmanager
def _locked(key_digest: str) -> Iterator[tuple[RequestBudget, datetime]]:
    """Lock the budget; the clock is the database's, which all processes share."""
    with transaction.atomic():
        RequestBudget.objects.bulk_create([RequestBudget(key_digest=key_digest)], ignore_conflicts=True)
        budget = RequestBudget.objects.select_for_update().get(pk=key_digest)
        yield budget, fetch_value(NOW)

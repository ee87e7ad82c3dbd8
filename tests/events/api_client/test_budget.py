"""The budget of a key: never more requests than the vendor accepts, whoever makes them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings

from entities.vendors import get_vendor
from events.api_client import budget
from events.api_client.budget import (
    BudgetSpent,
    allowed_requests,
    release_request,
    reserve_request,
    settle_request,
)
from events.api_client.problems import Answer
from events.models import RequestBudget

pytestmark = pytest.mark.django_db

KEY = "digest"
HEFFL = get_vendor("heffl").api
assert HEFFL is not None
API = replace(HEFFL, limit=10, seconds=60)


def answer(status: int = 200, **headers: str) -> Answer:
    return Answer(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, b"", datetime.now(UTC)
    )


def spend(count: int) -> None:
    for _ in range(count):
        settle_request(reserve_request(KEY, API), API, answer())


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    """Let the database's clock be ahead."""
    with monkeypatch.context() as patch:
        patch.setattr(budget, "NOW", f"SELECT clock_timestamp() + interval '{seconds} seconds'")
        yield


def test_a_share_of_the_limit_is_left_for_others() -> None:
    with override_settings(API_LIMIT_PERCENT=80):
        assert allowed_requests(API) == 8
        spend(8)
        with pytest.raises(BudgetSpent, match="The 8 requests in 60 seconds that are ours are spent"):
            reserve_request(KEY, API)
        reserve_request("another key", API)


@pytest.mark.parametrize(("percent", "allowed"), [(1, 1), (100, 10), (500, 10)])
def test_there_is_at_least_one_request_and_never_more_than_the_limit(percent: int, allowed: int) -> None:
    with override_settings(API_LIMIT_PERCENT=percent):
        assert allowed_requests(API) == allowed


@override_settings(API_LIMIT_PERCENT=100)
def test_a_request_counts_until_the_period_after_its_answer_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spend(9)
    under_way = reserve_request(KEY, API)
    with later(monkeypatch, 59), pytest.raises(BudgetSpent):
        reserve_request(KEY, API)
    # What was answered is forgotten by the vendor too; what has no answer yet counts.
    with later(monkeypatch, 61):
        assert RequestBudget.objects.get().spent.keys() >= {under_way.name}
        for _ in range(9):
            reserve_request(KEY, API)
        with pytest.raises(BudgetSpent):
            reserve_request(KEY, API)


@override_settings(API_LIMIT_PERCENT=100)
def test_what_was_not_sent_is_given_back() -> None:
    spend(9)
    release_request(reserve_request(KEY, API))
    reserve_request(KEY, API)


def test_a_429_blocks_the_key_for_as_long_as_the_vendor_says(monkeypatch: pytest.MonkeyPatch) -> None:
    settle_request(reserve_request(KEY, API), API, answer(429, ratelimit_reset="23"))
    with pytest.raises(BudgetSpent, match="asked to wait") as caught:
        reserve_request(KEY, API)
    assert timedelta(seconds=20) < caught.value.until - datetime.now(UTC) < timedelta(seconds=25)
    with later(monkeypatch, 24):
        reserve_request(KEY, API)


def test_a_429_without_a_word_doubles_the_wait_until_an_answer_comes() -> None:
    waits = []
    for status in (429, 429, 200, 429):
        RequestBudget.objects.update(blocked_until=None)
        settle_request(reserve_request(KEY, API), API, answer(status))
        until = RequestBudget.objects.get().blocked_until
        waits.append(round((until - datetime.now(UTC)).total_seconds()) if until else None)
    assert waits == [60, 120, None, 60]


@override_settings(API_LIMIT_PERCENT=80)
def test_what_others_have_used_of_their_share_is_left_to_them() -> None:
    settle_request(reserve_request(KEY, API), API, answer(ratelimit_remaining="2", ratelimit_reset="5"))
    settle_request(reserve_request(KEY, API), API, answer(ratelimit_remaining="1", ratelimit_reset="5"))
    with pytest.raises(BudgetSpent, match="asked to wait"):
        reserve_request(KEY, API)


@pytest.mark.django_db(transaction=True)
@override_settings(API_LIMIT_PERCENT=100)
def test_many_at_a_time_never_exceed_the_limit() -> None:
    reserved: list[bool] = []

    def reserve() -> None:
        for _ in range(5):
            try:
                reserve_request(KEY, API)
                reserved.append(True)
            except BudgetSpent:
                reserved.append(False)
        connection.close()

    threads = [threading.Thread(target=reserve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (reserved.count(True), len(reserved)) == (10, 20)

"""Token buckets: the arithmetic of their limits, and the table that their statements use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib import token_bucket
from crmmirror.lib.token_bucket import MICROSECONDS, Limit
from events.models import TokenBucket

LIMITS = st.builds(Limit, count=st.integers(1, 10_000), seconds=st.sampled_from([1, 60, 3600]))
each_limit = pytest.mark.parametrize(
    "limit", [Limit(1, 60), Limit(3, 1), Limit(7, 60), Limit(6000, 60), Limit(1000, 1)]
)


def seconds_until_full(limit: Limit, consumed: int) -> float:
    """Return how far `full_at` is ahead after consuming units at one instant, each in whole microseconds."""
    return consumed * round(limit.refill_seconds * MICROSECONDS) / MICROSECONDS


@pytest.mark.unit
@each_limit
def test_a_full_bucket_holds_exactly_its_count(limit: Limit) -> None:
    assert limit.wait_seconds(None) <= 0
    last, beyond = (seconds_until_full(limit, consumed) for consumed in (limit.count - 1, limit.count))
    assert limit.wait_seconds(last) < 0 < limit.wait_seconds(beyond)


@pytest.mark.unit
@given(limit=LIMITS)
def test_an_empty_bucket_has_a_unit_again_after_one_refill(limit: Limit) -> None:
    assert 0 < limit.wait_seconds(limit.seconds) <= limit.refill_seconds


@pytest.mark.unit
@given(limit=LIMITS, consumed=st.integers(0, 10_000))
def test_the_more_is_consumed_the_longer_is_the_wait(limit: Limit, consumed: int) -> None:
    now, then = (limit.wait_seconds(count * limit.refill_seconds) for count in (consumed, consumed + 1))
    assert now < then


@pytest.mark.unit
@pytest.mark.parametrize(
    ("limit", "refill"), [(Limit(10, 1), 0.1), (Limit(60, 60), 1.0), (Limit(1, 60), 60.0)]
)
def test_units_come_back_at_an_even_pace(limit: Limit, refill: float) -> None:
    assert limit.refill_seconds == refill


@pytest.mark.django_db
def test_the_statements_name_the_table_and_columns_of_the_model() -> None:
    assert TokenBucket._meta.db_table == token_bucket.TABLE
    assert token_bucket.consume("key", Limit(2, 3600)) == 0
    assert [row.key for row in TokenBucket.objects.all()] == ["key"]
    token_bucket.refund("key", Limit(2, 3600))
    token_bucket.delete_full_buckets()
    assert not TokenBucket.objects.exists()

"""Capped counts: counting stops one row beyond the cap, and the text says "more than the cap"."""

from typing import Any

import pytest

from crmmirror.lib.database.capped_count import count_each_up_to, count_up_to, format_capped
from entities.models import Deal
from tests.support.api_client import create_record


@pytest.mark.unit
@pytest.mark.parametrize(
    ("counted", "text"), [(0, "0"), (999, "999"), (10_000, "10,000"), (10_001, "10,000+")]
)
def test_a_count_beyond_the_cap_reads_as_more_than_the_cap(counted: int, text: str) -> None:
    assert format_capped(counted, 10_000) == text


@pytest.mark.django_db
def test_counting_stops_one_beyond_the_cap() -> None:
    for _ in range(4):
        create_record(Deal)
    assert [count_up_to(Deal.objects.order_by("title"), cap) for cap in (2, 3, 4, 5)] == [3, 4, 4, 4]


@pytest.mark.django_db
def test_several_querysets_are_counted_by_one_query(django_assert_num_queries: Any) -> None:
    for title in ("a%s", "a%s", "b"):
        create_record(Deal, title=title)
    with django_assert_num_queries(1):
        counts = count_each_up_to([Deal.objects.filter(title=title) for title in ("a%s", "b", "c")], 1)
    assert counts == [2, 1, 0]
    assert count_each_up_to([], 1) == []

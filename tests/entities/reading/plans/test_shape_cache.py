"""Payloads of one shape are planned once, and whoever chooses the keys cannot fill the memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from entities.reading.plans.shape_cache import CacheByShape


class Planner:
    """Plans the keys of a payload; counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, payload: Mapping[str, Any]) -> Iterator[str]:
        self.calls += 1
        yield from payload


def test_payloads_with_the_same_keys_are_planned_once() -> None:
    cache = CacheByShape(planner := Planner())
    assert [cache.find({"id": number, "name": None}) for number in range(3)] == [("id", "name")] * 3
    assert planner.calls == 1


def test_payloads_with_other_keys_or_another_order_of_keys_are_planned_by_themselves() -> None:
    cache = CacheByShape(Planner())
    assert cache.find({"id": 1, "name": 2}) == ("id", "name")
    assert cache.find({"name": 1, "id": 2}) == ("name", "id")
    assert cache.find({"id": 1}) == ("id",)


def test_no_more_shapes_are_kept_than_the_limit() -> None:
    cache = CacheByShape(planner := Planner())
    shapes = cache.MAX_SHAPES + 1
    for _ in range(2):
        for number in range(shapes):
            assert cache.find({str(number): 1}) == (str(number),)
    assert planner.calls > shapes


def test_a_shape_with_long_keys_is_not_kept() -> None:
    cache = CacheByShape(planner := Planner())
    long_key = "k" * (cache.MAX_SHAPE_LENGTH + 1)
    assert [cache.find({long_key: 1}) for _ in range(2)] == [(long_key,)] * 2
    assert planner.calls == 2

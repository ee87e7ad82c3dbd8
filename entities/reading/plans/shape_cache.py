"""Caches what a payload concerns by the keys that it has. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

Planned = TypeVar("Planned")


class CacheByShape(Generic[Planned]):
    """A cache of what a payload concerns, by its shape: its keys, in order.

    Speed: a payload has fewer keys than its record has columns, and a vendor sends few shapes of payloads.
    """

    MAX_SHAPES = 500
    # Characters of all keys of a shape: whoever may deliver chooses the keys.
    MAX_SHAPE_LENGTH = 2_000

    def __init__(self, plan: Callable[[Mapping[str, Any]], Iterable[Planned]]) -> None:
        self._plan = plan
        self._by_shape: dict[tuple[str, ...], tuple[Planned, ...]] = {}

    def find(self, payload: Mapping[str, Any]) -> tuple[Planned, ...]:
        """Return what was planned for payloads of this shape."""
        shape = tuple(payload)
        found = self._by_shape.get(shape)
        if found is None:
            found = tuple(self._plan(payload))
            if sum(map(len, shape)) <= self.MAX_SHAPE_LENGTH:
                if len(self._by_shape) >= self.MAX_SHAPES:
                    self._by_shape.clear()
                self._by_shape[shape] = found
        return found

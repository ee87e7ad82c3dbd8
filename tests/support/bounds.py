"""Other bounds than those of the code, for the code and the oracle alike.

With the real ones, a record beyond its bound takes hundreds of keys; with the tight ones, three.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from entities.merge import extra_bounds
from entities.search import document_keys

TIGHT = {"MAX_KEYS": 2, "MAX_COUNTED_KEYS": 2, "MAX_VALUE_BYTES": 10}
NONE = dict.fromkeys(TIGHT, sys.maxsize // 2)


@contextmanager
def tight_bounds() -> Iterator[None]:
    """Let a record keep two keys in `extra`, count two more, hold values of ten bytes, and be found by one
    former key.
    """
    with _changed(TIGHT), pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_keys, "MAX_FORMER_KEYS", 1)
        yield


@contextmanager
def no_bounds() -> Iterator[None]:
    """Let a record keep all keys and values, as if there were no bounds."""
    with _changed(NONE):
        yield


@contextmanager
def _changed(bounds: dict[str, int]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bounds.items():
            patch.setattr(extra_bounds, name, value)
        yield

"""JSON as it is written for the database means what `json` reads out of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.json_text import dump_json
from tests.support.json_strategies import TEXTS

pytestmark = pytest.mark.unit

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


@given(JSON_VALUES)
def test_what_is_written_reads_back_as_the_same(value: Any) -> None:
    assert json.loads(dump_json(value)) == value


def test_integers_of_any_length_are_written_exactly() -> None:
    value = {"a": [10**30, -(2**70), 2**64]}
    assert json.loads(dump_json(value)) == value


def test_what_is_no_json_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        dump_json({"a": object()})

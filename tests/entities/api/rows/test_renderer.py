"""The renderer: the same JSON as the framework's, with times in one shape."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from entities.api.rows.renderer import OrjsonRenderer

pytestmark = pytest.mark.unit

PLAIN_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


@given(PLAIN_VALUES)
def test_the_bytes_are_those_of_the_framework(value: Any) -> None:
    assert OrjsonRenderer().render(value) == JSONRenderer().render(value)


@pytest.mark.parametrize("media_type", ["application/json", "application/json; indent=4"])
def test_a_time_has_one_shape_also_in_indented_answers(media_type: str) -> None:
    content = OrjsonRenderer().render({"at": datetime(2026, 1, 2, tzinfo=UTC)}, media_type)
    assert json.loads(content) == {"at": "2026-01-02T00:00:00.000000Z"}


def test_a_document_of_great_depth_is_rendered() -> None:
    value: list[Any] = []
    for _ in range(300):
        value = [value]
    assert json.loads(OrjsonRenderer().render({"value": value, "at": datetime(2026, 1, 2, tzinfo=UTC)})) == {
        "value": value,
        "at": "2026-01-02T00:00:00.000000Z",
    }

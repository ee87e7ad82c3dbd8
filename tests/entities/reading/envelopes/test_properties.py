"""Properties that are pairs of a name and a value are read as keys of the payload."""

from dataclasses import replace
from typing import Any

import pytest

from entities.reading.envelopes.properties import expand_properties
from entities.vendors import all_vendors

pytestmark = pytest.mark.unit

VENDOR = replace(
    next(iter(all_vendors().values())),
    property_keys=("column", "now"),
    property_lists={"fields": ("name", "value"), "row.cells": ("key", "content")},
)


@pytest.mark.parametrize(
    ("payload", "expanded"),
    [
        ({"id": 1, "column": "status", "now": "won"}, {"id": 1, "status": "won"}),
        ({"column": "status"}, {"status": ...}),
        ({"column": 7, "now": 1}, ...),
        (
            {"fields": [{"name": "email", "value": "a"}, {"name": "phone"}]},
            {"fields": {"email": "a", "phone": None}},
        ),
        ({"row": {"cells": [{"key": 5, "content": "x"}], "id": 1}}, {"row": {"cells": {"5": "x"}, "id": 1}}),
        ({"fields": []}, {"fields": {}}),
        ({"fields": [{"name": "a", "value": 1}, {"value": 2}]}, ...),
        ({"fields": {"name": "a"}, "row": 3}, ...),
    ],
)
def test_pairs_of_name_and_value_become_keys(payload: dict[str, Any], expanded: Any) -> None:
    if expanded == {"status": ...}:
        expanded = {}
    assert expand_properties(VENDOR, payload) == (payload if expanded is ... else expanded)

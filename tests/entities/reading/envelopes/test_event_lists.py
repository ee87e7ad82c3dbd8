"""Events are found in lists of lists, with the keys that lead to them and the objects around them."""

from typing import Any

import pytest
from hypothesis import given

from entities.reading.envelopes.event_lists import list_events
from entities.reading.paths import parse_paths
from tests.support.json_strategies import values

pytestmark = pytest.mark.unit

KEYED = {"leads": {"add": [{"id": 1}, {"id": 2}], "update": [{"id": 3}]}, "account": {"id": 9}}
NESTED = {"entry": [{"at": 1, "changes": [{"n": 1}, {"n": 2}]}, {"at": 2, "changes": [{"n": 3}]}, {"at": 3}]}


@pytest.mark.parametrize(
    ("body", "batch", "contents", "keys"),
    [
        ([1, 2], ".", [1, 2], ((), ())),
        ({"items": [1]}, "items", [1], ((),)),
        ({"a": [1], "b": [2]}, "a b", [1, 2], ((), ())),
        (KEYED, "leads.*", [{"id": 1}, {"id": 2}, {"id": 3}], (("add",), ("add",), ("update",))),
        (NESTED, "entry.*.changes", [{"n": 1}, {"n": 2}, {"n": 3}], (("0",), ("0",), ("1",))),
        ({"rows": {"x": {"id": 1}, "y": 5}}, "rows.*", [{"id": 1}], (("x",),)),
        ({"items": []}, "items", [], ()),
    ],
)
def test_each_list_to_which_a_path_leads_is_a_list_of_events(
    body: Any, batch: str, contents: list[Any], keys: tuple[tuple[str, ...], ...]
) -> None:
    events = list_events(body, parse_paths(batch))
    assert events is not None
    assert [event.content for event in events] == contents
    assert tuple(event.root.keys for event in events) == keys


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {"id": 1}}, 7, "text"])
def test_a_body_without_a_list_is_one_event(body: Any) -> None:
    assert list_events(body, parse_paths("items other.*")) is None


def test_the_objects_around_an_event_are_the_nearest_first() -> None:
    events = list_events(NESTED, parse_paths("entry.*.changes"))
    assert events is not None
    assert events[2].root.outers == (NESTED["entry"][1], NESTED)
    assert events[2].root.body is NESTED


@given(values())
def test_any_body_is_no_error(body: Any) -> None:
    for batch in (".", "*", "*.*.*", "a.*.b", "0"):
        list_events(body, parse_paths(batch))

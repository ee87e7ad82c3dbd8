"""Bodies with several events: each is read by itself, and what cannot be read is a problem of its own."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from entities.reading.envelopes.envelope import MAX_EVENTS, MAX_PROBLEMS, Envelopes, read_envelopes
from entities.reading.envelopes.strict_json import Malformed
from entities.vendor_language import Entity, Vendor, event_types

pytestmark = pytest.mark.unit

RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEAL = Entity("deal", id="id", columns={})
OWN_LIST = Vendor(
    "own", "Own", (), event_types("deal", DEAL, "created"), batch=".", type="kind", time="at", payload="."
)
INNER_LIST = Vendor(
    "inner",
    "Inner",
    (),
    event_types("deal", DEAL, "deleted"),
    batch="ids items.rows",
    type="kind /kind",
    time="at /at",
    payload="row .",
)


def read(content: Any, vendor: Vendor = OWN_LIST) -> Envelopes:
    return read_envelopes(json.dumps(content).encode(), vendor, RECEIVED)


def event(number: int = 1, kind: Any = "deal.created") -> dict[str, Any]:
    return {"kind": kind, "at": 1736937000 + number, "id": number}


def test_each_event_of_a_list_has_its_type_time_payload_and_place() -> None:
    envelopes = read([event(1), event(5, "deal.other")])
    assert [(one.event_type, one.payload["id"], one.number) for one in envelopes.events] == [
        ("deal.created", 1, 0),
        ("deal.other", 5, 1),
    ]
    assert envelopes.event_type == "deal.created"
    assert envelopes.occurred_at == datetime(2025, 1, 15, 10, 30, 5, tzinfo=UTC)
    assert envelopes.warnings == ()


def test_one_event_without_a_list_is_one_event() -> None:
    (one,) = read(event(1)).events
    assert (one.payload["id"], one.number) == (1, None)


def test_a_list_may_stand_under_a_path_and_its_items_take_what_is_said_once() -> None:
    content = {"kind": "deal.deleted", "at": 1736937000, "items": {"rows": [{"row": {"id": 1}}, {"id": 2}]}}
    assert [one.payload for one in read(content, INNER_LIST).events] == [{"id": 1}, {"id": 2}]
    assert {one.event_type for one in read(content, INNER_LIST).events} == {"deal.deleted"}


def test_an_item_that_is_a_bare_value_is_an_id() -> None:
    content = {"kind": "deal.deleted", "at": 1736937000, "ids": [7, "x8"]}
    assert [(one.bare_id, one.payload) for one in read(content, INNER_LIST).events] == [(7, {}), ("x8", {})]


@pytest.mark.parametrize("item", [None, True, [event()], [], {}, {"kind": ""}, {"kind": 5}, "x"])
def test_an_item_that_cannot_be_read_is_a_problem_and_the_others_count(item: Any) -> None:
    envelopes = read([event(1), item, event(3)])
    assert [one.number for one in envelopes.events] == [0, 2]
    assert len(envelopes.problems) == 1
    assert envelopes.problems[0].startswith("event 2: not an envelope")
    assert envelopes.warnings == envelopes.problems


def test_a_list_of_which_nothing_can_be_read_is_malformed() -> None:
    with pytest.raises(Malformed, match="none of the 2 events can be read; event 1: not an envelope"):
        read([{}, None])


@pytest.mark.parametrize("count", [0, MAX_EVENTS + 1])
def test_a_list_of_none_or_too_many_is_malformed(count: int) -> None:
    with pytest.raises(Malformed, match=f"a list of {count:,} events; 1 to 100,000 are read"):
        read([0] * count)


def test_many_problems_are_summed_up() -> None:
    envelopes = read([event(), *([{}] * 1000)])
    assert len(envelopes.problems) == MAX_PROBLEMS + 1
    assert envelopes.problems[-1] == f"and {1000 - MAX_PROBLEMS:,} more like these"


def test_a_list_is_no_event_of_a_vendor_that_sends_none() -> None:
    vendor = Vendor("one", "One", (), event_types("deal", DEAL, "created"), type="kind", payload=".")
    with pytest.raises(Malformed, match="the body is an array, an object is expected"):
        read([event()], vendor)


def test_a_type_of_several_parts_has_dots_between_those_that_are_there() -> None:
    vendor = Vendor(
        "parts",
        "Parts",
        (),
        {},
        type=("meta.entity", "meta.action", "meta.kind"),
        payload="data previous",
    )
    for meta, event_type in (
        ({"entity": "deal", "action": "change"}, "deal.change"),
        ({"entity": "deal", "action": "change", "kind": "x"}, "deal.change.x"),
        ({"entity": "deal", "action": None}, "deal"),
    ):
        assert read({"meta": meta, "data": None, "previous": {}}, vendor).event_type == event_type
    with pytest.raises(Malformed, match=r"no event type under .* and .meta.action. and "):
        read({"meta": [], "data": {}}, vendor)
    with pytest.raises(Malformed, match="no object under 'data' or 'previous'"):
        read({"meta": {"entity": "deal"}, "data": None}, vendor)


def test_the_first_time_that_can_be_read_counts() -> None:
    vendor = Vendor("times", "Times", (), {}, time="at row.changed", payload=".")
    read_time = lambda content: read({"event": "x"} | content, vendor).events[0]  # noqa: E731
    assert read_time({"at": "soon", "row": {"changed": 1736937000}}).occurred_at.year == 2025
    assert read_time({"at": None, "row": {"changed": 1736937000}}).warnings == ()
    late = read_time({"at": "soon", "row": {"changed": "never"}})
    assert late.occurred_at == RECEIVED
    assert len(late.warnings) == 1

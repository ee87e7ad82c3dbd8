"""Mapping: what an event says about its own record, without a database."""

from functools import partial
from typing import Any

import pytest

from entities.merge.clock import Rank, parse_clock
from entities.merge.registers import timeline_values
from entities.reading.mapped_event import RecordKey, Unmappable
from tests.support.envelopes import DEAL, build_body, map_body, read_event, read_own_writes

pytestmark = pytest.mark.unit


def test_absent_writes_nothing_and_null_writes_null() -> None:
    assert read_own_writes("heffl", "lead.updated", {"title": None}) == {"title": None}


def test_the_contacts_own_tags_are_its_own_word() -> None:
    assert read_own_writes("seedly", "contact.updated", {"contactId": "c", "tags": ["a"]}) == {"tags": ["a"]}


def test_an_added_tag_is_an_addition() -> None:
    assert read_own_writes("seedly", "contact.tag_added", {"contactId": "c", "tagName": "vip"}) == {
        "tags+vip": True
    }


def test_an_added_tag_is_normalized_and_an_empty_one_adds_nothing() -> None:
    tag_added = partial(read_own_writes, "seedly", "contact.tag_added")
    assert tag_added({"contactId": "c", "tagName": "\u200fJose\u0301 "}) == {"tags+Jos\u00e9": True}
    assert tag_added({"contactId": "c", "tagName": " "}) == {}


def test_a_tag_that_is_no_text_is_kept_in_extra_with_a_warning() -> None:
    event = read_event("seedly", "contact.tag_added", {"contactId": "c", "tagName": ["vip"]})
    assert event.own[RecordKey("contact", "", "c")] == {"extra.tagName": ["vip"], "exists": True}
    assert event.warnings == ("tagName: an array is not a text; nothing is added to tags",)


def test_facts_about_the_event_are_not_kept() -> None:
    payload = {"opportunityId": "o", "fromStageId": 1, "toStageId": 2, "changedFields": ["stageId"]}
    assert read_own_writes("seedly", "opportunity.stage_changed", payload) == {"stage_ref": "2"}


def test_what_the_mapping_does_not_name_is_kept_key_by_key() -> None:
    payload = {"score": 1.50, "nested": {"a": [None]}, "gone": None}
    assert read_own_writes("heffl", "lead.updated", payload) == {
        "extra.score": 1.5,
        "extra.nested": {"a": [None]},
        "extra.gone": None,
    }


OBJECTS = [
    ({"owner": {"id": 42, "name": "John"}}, {"owner_ref": "42", "owner_name": "John"}),
    ({"owner": {"name": "John", "mail": "j@x"}}, {"owner_name": "John", "extra.owner.mail": "j@x"}),
    ({"owner": {"id": None}}, {"owner_ref": None}),
    ({"owner": None}, {"owner_ref": None, "owner_name": None}),
    ({"owner": {}}, {}),
    ({"owner": "John"}, {"extra.owner": "John"}),
    ({"ownerId": 42, "owner": {"id": "42"}}, {"owner_ref": "42"}),
    ({"stage": {"id": 1, "name": "New"}}, {"stage_ref": "1", "stage_name": "New"}),
    ({"stage": "New", "stageId": 1}, {"stage_ref": "1", "stage_name": "New"}),
    ({"stageName": "New"}, {"stage_name": "New"}),
    ({"stage": None}, {"stage_name": None}),
    ({"stage": {"id": 1, "title": "New"}}, {"stage_ref": "1", "extra.stage.title": "New"}),
]


EMPTY = [
    ({"owner": ""}, {"owner_ref": None, "owner_name": None}),
    ({"owner": {"id": "", "name": " "}}, {"owner_ref": None, "owner_name": None}),
    ({"stage": "\u200f"}, {"stage_name": None}),
    ({"value": "", "archived": "", "createdAt": " "}, {"value": None, "archived": None, "created_at": None}),
    ({"stage": "", "stageName": "New"}, {"stage_name": "New"}),
    ({"customFields": "", "score": ""}, {"custom_fields": "", "extra.score": ""}),
]


@pytest.mark.parametrize(("payload", "writes"), EMPTY)
def test_an_empty_text_is_null_where_a_column_reads_it_and_kept_elsewhere(payload: Any, writes: Any) -> None:
    event = read_event("heffl", "lead.updated", {"id": "x1"} | payload)
    assert event.own == {RecordKey("lead", "", "x1"): {"exists": True} | writes}
    assert event.warnings == ()


@pytest.mark.parametrize(("payload", "writes"), OBJECTS)
def test_related_facts_are_read_embedded_or_flattened(payload: Any, writes: Any) -> None:
    assert read_own_writes("heffl", "lead.updated", payload) == writes


WORDS = [
    ({"title": "A"}, {"title": "A"}),
    ({"name": "A"}, {"title": "A"}),
    ({"title": "A", "name": "A"}, {"title": "A"}),
    ({"title": None, "name": "A"}, {"title": "A"}),
    ({"title": "A", "name": None}, {"title": "A"}),
    ({"title": "A", "name": "B"}, {"title": "A", "extra.name": "B"}),
    ({"title": None, "name": None}, {"title": None}),
]


@pytest.mark.parametrize(("payload", "writes"), WORDS)
def test_two_words_for_a_column_are_one_value_and_no_other_value_is_lost(payload: Any, writes: Any) -> None:
    assert read_own_writes("heffl", "deal.updated", payload) == writes
    assert read_own_writes("seedly", "opportunity.updated", payload) == writes


def test_of_two_words_the_one_that_converts_counts_and_the_other_is_kept() -> None:
    event = read_event("heffl", "deal.updated", {"id": "d", "title": {"en": "A"}, "name": "B"})
    assert event.own[RecordKey(DEAL, "", "d")] == {"title": "B", "extra.title": {"en": "A"}, "exists": True}
    assert event.warnings == ("title: an object is not a text; kept as it came",)


def test_what_no_column_can_hold_is_null_and_raw_with_one_warning() -> None:
    event = read_event("heffl", "deal.updated", {"id": "d", "price": "many", "expectedCloseDate": "soon"})
    assert event.own[RecordKey(DEAL, "", "d")] == {
        "value": None,
        "extra.price": "many",
        "expected_close_date": None,
        "extra.expectedCloseDate": "soon",
        "exists": True,
    }
    assert event.warnings == (
        "expectedCloseDate: not a time in ISO 8601, nor in epoch seconds, milliseconds or microseconds;"
        " expected_close_date is null until a newer value",
        "price: not a number; value is null until a newer value",
    )


@pytest.mark.parametrize(
    ("vendor", "event_type", "payload", "reason"),
    [
        ("heffl", "lead.created", {}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": None}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": ""}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": " \u200f"}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": "x" * 100_000}, "an id has 1 to 255 characters, not 100000"),
        ("heffl", "lead.created", {"id": True}, "id or leadId: a boolean is not a text"),
        ("heffl", "lead.created", {"id": {"$oid": 1}}, "id or leadId: an object is not a text"),
        (
            "seedly",
            "task.created",
            {"taskId": 1, "subAccountId": {}},
            "subAccountId: an object is not a text",
        ),
        ("seedly", "task.created", {"taskId": 1, "subAccountId": []}, "subAccountId: an array is not a text"),
        (
            "seedly",
            "task.created",
            {"taskId": 1, "subAccountId": "x" * 256},
            "subAccountId: an id has 1 to 255",
        ),
    ],
)
def test_an_event_that_names_no_record_is_unmappable(
    vendor: str, event_type: str, payload: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unmappable) as error:
        read_event(vendor, event_type, payload)
    assert reason in str(error.value)


def test_an_event_type_that_the_vendor_does_not_have_is_not_known() -> None:
    event = map_body("heffl", build_body("heffl", "lead.archived", {"id": "x"}))
    assert (event.known, event.statements) == (False, ())


@pytest.mark.parametrize(
    ("event_type", "rank", "exists"),
    [
        ("lead.created", Rank.CREATED, True),
        ("lead.updated", Rank.OTHER, True),
        ("lead.stageChanged", Rank.OTHER, True),
        ("lead.deleted", Rank.DELETED, False),
    ],
)
def test_the_events_name_says_rank_and_existence(event_type: str, rank: Rank, exists: bool) -> None:
    (said,) = map_body("heffl", build_body("heffl", event_type, {"id": "x"})).statements
    assert (parse_clock(said.clock).rank, said.writes) == (rank, {"exists": exists})


def test_a_number_of_five_thousand_digits_is_kept_as_text() -> None:
    digits = "9" * 5000
    raw = build_body("heffl", "lead.updated", {"id": "x", "value": 0, "size": 0}).replace(
        b": 0", f": {digits}".encode()
    )
    (said,) = map_body("heffl", raw).statements
    assert timeline_values(said.writes) == {
        "value": None,
        "extra.value": digits,
        "extra.size": digits,
        "exists": True,
    }

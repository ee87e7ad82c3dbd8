"""Each rule of docs/convergence.md about what `extra` has room for, by the fewest events that show it.

In these tests a record keeps two keys, counts two more, and holds values of ten bytes.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from entities.writing.process_batch import process_batch
from tests.support.bounds import TIGHT, tight_bounds
from tests.support.event_builders import (
    CONTACT,
    DEAL,
    build_event,
    contact_event,
    deal_event,
    records_after,
    task_event,
)

pytestmark = pytest.mark.django_db
# By the SHA-256 of each.
KEYS = sorted("abcdefgh", key=lambda key: hashlib.sha256(key.encode()).hexdigest())
LOW, LOWER, *OTHERS = KEYS[1], KEYS[0], *KEYS[2:]


@pytest.fixture(autouse=True)
def tight(db: None) -> Iterator[None]:
    with tight_bounds():
        yield


def test_the_tests_hold_of_two_keys() -> None:
    assert TIGHT["MAX_KEYS"] == TIGHT["MAX_COUNTED_KEYS"] == 2


def test_of_too_many_keys_those_with_the_lowest_digests_are_kept_in_any_order() -> None:
    records = records_after(
        deal_event("updated", 1, **{OTHERS[0]: 1, LOW: 2}),
        deal_event("updated", 2, **{LOWER: 3}),
        deal_event("updated", 3, **{OTHERS[0]: 4, OTHERS[1]: 5}),
    )
    assert records[DEAL]["extra"] == {LOW: 2, LOWER: 3}
    assert records[DEAL]["extra_omitted"] >= 2


def test_of_one_event_with_too_many_keys_those_with_the_lowest_digests_are_kept() -> None:
    assert records_after(deal_event("updated", 1, **dict.fromkeys(KEYS[:3], 1)))[DEAL]["extra"] == {
        LOW: 1,
        LOWER: 1,
    }


def test_a_key_that_stays_has_the_newest_of_all_its_values() -> None:
    records = records_after(
        deal_event("updated", 1, **{LOWER: "old", OTHERS[0]: 1}),
        deal_event("updated", 2, **{LOWER: "new"}),
        deal_event("updated", 3, **dict.fromkeys(OTHERS, 1)),
        deal_event("updated", 0, **{LOW: "only"}),
    )
    assert records[DEAL]["extra"] == {LOWER: "new", LOW: "only"}


def test_the_number_of_other_keys_counts_each_once() -> None:
    records = records_after(
        deal_event("updated", 1, **{LOWER: 1, LOW: 1}),
        deal_event("updated", 2, **{OTHERS[0]: 1}),
        deal_event("updated", 3, **{OTHERS[0]: 2}),
    )
    assert records[DEAL]["extra_omitted"] == 1


def test_a_null_of_the_records_own_takes_a_place_and_one_of_a_copy_none() -> None:
    own = records_after(
        contact_event("updated", 1, **{LOWER: None, LOW: 1}), contact_event("updated", 2, **{OTHERS[0]: 1})
    )
    assert own[CONTACT]["extra"] == {LOWER: None, LOW: 1}
    copied = records_after(
        task_event(1, contact={"contactId": "ct", LOWER: None, LOW: 1}),
        task_event(2, contact={"contactId": "ct", OTHERS[0]: 1}),
    )
    assert copied[CONTACT]["extra"] == {LOW: 1, OTHERS[0]: 1}
    assert copied[CONTACT]["extra_omitted"] == 0


def test_a_deletion_takes_no_key_away_and_makes_no_room() -> None:
    records = records_after(
        deal_event("updated", 1, **{OTHERS[0]: 1}),
        deal_event("deleted", 2, **{LOW: 2}),
        deal_event("updated", 3, **{LOWER: 3}),
    )
    assert records[DEAL]["extra"] == {LOW: 2, LOWER: 3}


def test_what_a_column_cannot_hold_takes_no_place_and_is_pushed_out_by_no_key() -> None:
    events = (
        deal_event("updated", 1, price="much", expectedCloseDate="soon", **dict.fromkeys(KEYS, 1)),
        deal_event("updated", 2, **{LOWER: 2}),
    )
    assert records_after(*events)[DEAL]["extra"] == {
        LOWER: 2,
        LOW: 1,
        "price": "much",
        "expectedCloseDate": "soon",
    }
    readable = records_after(*events, deal_event("updated", 3, price=7))[DEAL]["extra"]
    assert readable == {LOWER: 2, LOW: 1, "expectedCloseDate": "soon"}


def digest_of(content: str) -> dict[str, Any]:
    return {"bytes": len(content.encode()), "sha256": hashlib.sha256(content.encode()).hexdigest()}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("12345678", "12345678"),
        ("123456789", digest_of('"123456789"')),
        ("üüüü", "üüüü"),
        ("üüüüü", digest_of('"üüüüü"')),
        ([1, 2, 3], [1, 2, 3]),
        ({"b": 1, "a": [2]}, digest_of('{"a":[2],"b":1}')),
        (12345678901234, 12345678901234),
    ],
)
def test_a_long_value_is_kept_as_its_length_and_digest(value: Any, kept: Any) -> None:
    assert records_after(deal_event("updated", 1, a=value))[DEAL]["extra"] == {"a": kept}


def test_a_long_value_that_no_column_holds_is_kept_as_its_length_and_digest() -> None:
    raw = {"en": "a title", "ar": "one"}
    records = records_after(deal_event("updated", 1, title=raw, clientId=["c", "d", "e"]))
    assert records[DEAL]["extra"] == {
        "title": digest_of('{"ar":"one","en":"a title"}'),
        "clientId": digest_of('["c","d","e"]'),
    }


def test_a_document_stays_whole_however_long() -> None:
    answers = {"question": "a long answer"}
    event = build_event("heffl", "form.response.created", 1, {"id": "f", "data": answers})
    assert records_after(event)["formsubmission", "", "f"]["answers"] == answers


def test_an_event_whose_keys_are_not_all_kept_has_one_warning_that_counts_them() -> None:
    events = [
        deal_event("updated", 1, **dict.fromkeys(KEYS, 1)),
        deal_event("updated", 2, **{OTHERS[0]: 1, LOW: 2}),
        deal_event("updated", 3, **{LOW: 3}),
    ]
    rest = "not kept: the record has 2 with lower digests; the event has the whole"
    assert [outcome.warnings for event in events for outcome in process_batch([event])] == [
        (f"extra: 6 keys of deal d {rest}",),
        (f"extra: 1 key of deal d {rest}",),
        (),
    ]


def test_an_event_with_long_values_has_one_warning_that_counts_those_that_are_kept() -> None:
    event = deal_event("updated", 1, **dict.fromkeys(KEYS, "123456789"))
    (outcome,) = process_batch([event])
    assert outcome.warnings[0] == (
        "extra: 2 values of more than 10 bytes kept as length and digest; the event has the whole"
    )
    assert len(outcome.warnings) == 2

"""Each rule of docs/convergence.md about the words in use, by the fewest events that show it."""

import pytest

from entities.stored_events import StoredEvent
from tests.support import oracle, table_contents
from tests.support.event_builders import apply_in_every_way, build_event, deal_event

pytestmark = pytest.mark.django_db


def words_after(*events: StoredEvent) -> set[tuple[str, str, str, str]]:
    """Return (scope, model, column, word); they must be the oracle's, however the events are applied."""
    found = apply_in_every_way(events, table_contents.read_words)
    assert found == oracle.expected_words(events)
    return {row[1:] for row in found}


def test_a_word_that_did_not_win_or_no_record_has_any_more_is_kept() -> None:
    events = [deal_event("updated", minute, status=word) for minute, word in ((1, "won"), (2, "lost"))]
    assert words_after(*events) == {("", "deal", "status", "won"), ("", "deal", "status", "lost")}


def test_the_words_of_a_sub_account_are_its_own() -> None:
    events = [
        build_event(
            "seedly",
            "opportunity.updated",
            1,
            {"opportunityId": "d", "subAccountId": scope, "stageId": stage},
        )
        for scope, stage in (("sa_1", "s1"), ("sa_2", "s2"))
    ]
    assert words_after(*events) == {
        ("sa_1", "deal", "stage_ref", "s1"),
        ("sa_2", "deal", "stage_ref", "s2"),
    }


def test_a_null_an_empty_text_and_a_very_long_one_are_no_words() -> None:
    events = [
        deal_event("updated", minute, status=value, stageId=value)
        for minute, value in enumerate((None, "", "s" * 256, 7, {"a": 1}), start=1)
    ]
    assert {word for *_, word in words_after(*events)} <= {"7"}
    longest = "s" * 255
    assert ("", "deal", "stage_ref", longest) in words_after(deal_event("updated", 1, stageId=longest))


def test_a_copy_says_words_too() -> None:
    event = build_event(
        "heffl", "quotation.updated", 1, {"id": "q", "number": "1", "deal": {"id": "d", "status": "open"}}
    )
    assert ("", "deal", "status", "open") in words_after(event)

"""Each rule of docs/convergence.md about whole values, extra and tags, by the fewest events that show it."""

from decimal import Decimal

import pytest

from entities.writing.process_batch import process_batch
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


# Whole values, and what no column holds.


def test_a_document_is_one_whole_value() -> None:
    records = records_after(
        deal_event("updated", 1, customFields={"a": 1, "b": {"c": 2}}),
        deal_event("updated", 2, customFields={"b": {}}),
    )
    assert records[DEAL]["custom_fields"] == {"b": {}}


def test_form_answers_are_one_whole_value() -> None:
    events = [
        build_event("heffl", "form.response.created", minute, {"id": "f", "data": answers})
        for minute, answers in ((1, {"a": 1, "b": 2}), (2, {"b": 3}))
    ]
    assert records_after(*events)["formsubmission", "", "f"]["answers"] == {"b": 3}


def test_extra_is_one_register_a_key() -> None:
    records = records_after(
        deal_event("updated", 1, score=1, note="a"),
        deal_event("updated", 2, score=2),
        deal_event("updated", 3, flag=[True]),
    )
    assert records[DEAL]["extra"] == {"score": 2, "note": "a", "flag": [True]}


def test_a_key_with_a_plus_sign_is_kept_like_any_other() -> None:
    """Such a key was once taken for an added tag, and then the record's next event failed."""
    records = records_after(deal_event("updated", 1, **{"a+b": 1}), deal_event("updated", 2, title="T"))
    assert (records[DEAL]["extra"], records[DEAL]["title"]) == ({"a+b": 1}, "T")


def test_what_cannot_be_converted_leaves_a_warning_and_the_rest_of_the_event_is_applied() -> None:
    event = deal_event("updated", 1, price="a lot", title="T", expectedCloseDate="soon")
    cells = records_after(event)[DEAL]
    assert (cells["value"], cells["expected_close_date"], cells["title"]) == (None, None, "T")
    assert cells["extra"] == {"price": "a lot", "expectedCloseDate": "soon"}
    (outcome,) = process_batch([event])
    assert outcome.verdict == "applied"
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["expectedCloseDate", "price"]


def test_what_cannot_be_converted_is_newer_than_an_older_good_value() -> None:
    records = records_after(deal_event("updated", 1, price=5), deal_event("updated", 2, price="a lot"))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (None, {"price": "a lot"})


def test_what_cannot_be_converted_is_older_than_a_newer_good_value() -> None:
    records = records_after(deal_event("updated", 1, price="a lot"), deal_event("updated", 2, price=5))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (Decimal(5), {})


def test_what_cannot_be_converted_goes_when_a_newer_value_lands_under_another_name() -> None:
    records = records_after(deal_event("updated", 1, title={"en": "T"}), deal_event("updated", 2, name="N"))
    assert (records[DEAL]["title"], records[DEAL]["extra"]) == ("N", {})


def test_a_newer_null_too_ends_what_cannot_be_converted() -> None:
    records = records_after(deal_event("updated", 1, price="a lot"), deal_event("updated", 2, price=None))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (None, {})


def test_a_reference_that_cannot_be_one_is_null_and_raw() -> None:
    records = records_after(deal_event("updated", 1, clientId="c"), deal_event("updated", 2, clientId=True))
    assert (records[DEAL]["client"], records[DEAL]["extra"]) == (None, {"clientId": True})


# Tags.


def test_tags_are_the_newest_whole_set() -> None:
    records = records_after(
        contact_event("updated", 1, tags=["a", "b"]), contact_event("updated", 2, tags=["b", "c"])
    )
    assert records[CONTACT]["tags"] == ["b", "c"]


def test_an_addition_newer_than_the_set_is_in_it() -> None:
    records = records_after(
        contact_event("updated", 1, tags=["a"]), contact_event("tag_added", 2, tagName="vip")
    )
    assert records[CONTACT]["tags"] == ["a", "vip"]


def test_an_addition_older_than_the_set_is_not() -> None:
    records = records_after(
        contact_event("tag_added", 1, tagName="vip"), contact_event("updated", 2, tags=["a"])
    )
    assert records[CONTACT]["tags"] == ["a"]


def test_each_addition_has_a_clock_of_its_own() -> None:
    records = records_after(
        contact_event("tag_added", 1, tagName="old"),
        contact_event("updated", 2, tags=["a"]),
        contact_event("tag_added", 3, tagName="new"),
    )
    assert records[CONTACT]["tags"] == ["a", "new"]


def test_an_addition_said_again_after_the_set_is_in_it() -> None:
    records = records_after(
        contact_event("tag_added", 1, tagName="vip"),
        contact_event("updated", 2, tags=[]),
        contact_event("tag_added", 3, tagName="vip"),
    )
    assert records[CONTACT]["tags"] == ["vip"]


def test_additions_without_a_set_are_the_tags() -> None:
    records = records_after(
        contact_event("tag_added", 1, tagName="b"), contact_event("tag_added", 2, tagName="a")
    )
    assert records[CONTACT]["tags"] == ["a", "b"]


def test_any_event_that_carries_the_contacts_tags_writes_the_set() -> None:
    records = records_after(contact_event("updated", 1, tags=["a"]), task_event(2, tags=["b"]))
    assert records[CONTACT]["tags"] == ["b"]
    records = records_after(contact_event("tag_added", 1, tagName="vip"), task_event(2, tags=["b"]))
    assert records[CONTACT]["tags"] == ["b"]
    records = records_after(task_event(1, tags=["b"]), contact_event("tag_added", 2, tagName="vip"))
    assert records[CONTACT]["tags"] == ["b", "vip"]


def test_a_null_set_is_null_and_ends_older_additions() -> None:
    records = records_after(
        contact_event("tag_added", 1, tagName="vip"), contact_event("updated", 2, tags=None)
    )
    assert records[CONTACT]["tags"] is None

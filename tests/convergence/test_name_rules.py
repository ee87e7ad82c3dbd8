"""Each rule of docs/convergence.md about names, by the fewest events that show it."""

import pytest

from entities.stored_events import StoredEvent
from tests.support import table_contents
from tests.support.event_builders import apply_in_every_way, build_event, deal_event

pytestmark = pytest.mark.django_db


def names_after(*events: StoredEvent) -> dict[tuple[str, str, str], str]:
    """Return (scope, kind, id) -> the vendor's name, after the events in any order and batches."""
    return apply_in_every_way(
        events, lambda: {key[1:]: name for key, (_, name) in table_contents.read_names().items()}
    )


def test_the_newest_event_names_an_id_whatever_the_order() -> None:
    events = [
        deal_event("updated", minute, id=f"d{minute}", stageId="s1", stage=name)
        for minute, name in ((1, "New"), (2, "Won over"), (3, "Agreed"))
    ]
    assert names_after(*events) == {("", "stage", "s1"): "Agreed"}


def test_two_names_of_one_event_are_decided_alike_whatever_the_order() -> None:
    deals = {"deal": {"id": "d", "stageId": "s1", "stage": "B"}, "id": "q", "number": "1"}
    events = (
        build_event("heffl", "quotation.updated", 1, deals),
        deal_event("created", 1, stageId="s1", stage="A"),
    )
    # An own event ranks above a copy of the same time.
    assert names_after(*events) == {("", "stage", "s1"): "A"}


def test_people_are_one_kind_whatever_they_do() -> None:
    events = (
        deal_event("updated", 1, ownerId="p1", ownerName="Lena"),
        build_event("heffl", "invoice.updated", 2, {"id": "i", "salesPersonId": "p1"}),
    )
    assert names_after(*events) == {("", "person", "p1"): "Lena"}


def test_an_id_that_no_event_names_has_a_row_without_a_name() -> None:
    assert names_after(deal_event("updated", 1, stageId="s1", pipelineId="p")) == {
        ("", "stage", "s1"): "",
        ("", "pipeline", "p"): "",
    }


def test_a_name_without_its_id_or_cleared_names_nothing() -> None:
    events = (
        deal_event("updated", 1, stageId="s1", stage="New"),
        deal_event("updated", 2, stage="Old"),
        deal_event("updated", 3, stageId="s1", stage=None),
        deal_event("updated", 4, stageId=None, stage="Lost"),
    )
    assert names_after(*events) == {("", "stage", "s1"): "New"}


def test_a_name_in_a_sub_account_is_not_one_of_the_others() -> None:
    events = [
        build_event(
            "seedly",
            "opportunity.updated",
            minute,
            {"opportunityId": "d", "subAccountId": scope, "stageId": "s1", "stageName": name},
        )
        for minute, scope, name in ((1, "sa_1", "New"), (2, "sa_2", "Cold"))
    ]
    assert names_after(*events) == {
        ("", "sub-account", "sa_1"): "",
        ("", "sub-account", "sa_2"): "",
        ("", "stage", "s1"): "",
        ("sa_1", "stage", "s1"): "New",
        ("sa_2", "stage", "s1"): "Cold",
    }


def test_a_text_that_is_too_long_for_an_id_gets_no_row() -> None:
    assert names_after(deal_event("updated", 1, stageId="s" * 10_000, stage="New")) == {}
    long_name = deal_event("updated", 1, stageId="s1", stage="n" * 10_000)
    assert names_after(long_name) == {("", "stage", "s1"): ""}

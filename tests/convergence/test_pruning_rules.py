"""Each rule of docs/convergence.md about pruned events, by the fewest events that show it."""

import pytest

from tests.support.event_builders import build_event, client_event, contact_event, deal_event, task_event
from tests.support.pruning import check_pruned

pytestmark = pytest.mark.django_db


def test_the_newest_value_of_a_pruned_event_is_rebuilt() -> None:
    check_pruned(deal_event("updated", 1, title="A", score=1), deal_event("updated", 2, title="B"))


def test_what_arrives_late_and_is_older_than_the_pruned_event_does_not_win() -> None:
    check_pruned(deal_event("updated", 5, title="New"), late=(deal_event("updated", 1, title="Old"),))


def test_what_is_newer_than_the_pruned_event_wins() -> None:
    check_pruned(deal_event("updated", 5, title="Old"), late=(deal_event("updated", 9, title="New"),))


def test_a_late_event_between_two_pruned_ones_splits_their_run() -> None:
    check_pruned(
        deal_event("updated", 1, status="won"),
        deal_event("updated", 5, status="won"),
        late=(deal_event("updated", 3, status="lost"),),
    )


def test_a_record_that_only_pruned_events_refer_to_stays_a_placeholder() -> None:
    check_pruned(task_event(1, contactId="former"), task_event(2))


def test_a_deletion_that_is_pruned_still_outdoes_an_older_update() -> None:
    check_pruned(deal_event("deleted", 5), late=(deal_event("updated", 1, title="A"),))


def test_the_name_that_a_pruned_event_gives_an_id_is_rebuilt_though_the_deal_has_another_id() -> None:
    check_pruned(
        deal_event("updated", 1, ownerId="o1", ownerName="Ann"),
        deal_event("updated", 2, ownerId="o2", ownerName="Bob"),
    )


def test_former_phones_of_pruned_events_still_find_the_contact() -> None:
    check_pruned(
        contact_event("updated", 1, phone="+971501111111"),
        contact_event("updated", 2, phone="+971502222222"),
        late=(contact_event("updated", 3, phone="+971503333333"),),
    )


def test_what_no_column_holds_is_rebuilt() -> None:
    check_pruned(
        deal_event("updated", 1, value="much"),
        deal_event("updated", 2, title="A"),
        client_event("updated", 1, email=["x"], customFields={"key": "a", "raw": "b"}),
    )


def test_additions_to_the_tags_are_rebuilt() -> None:
    tagged = build_event(
        "seedly", "contact.tag_added", 3, {"subAccountId": "sa", "contactId": "ct", "tagName": "vip"}
    )
    check_pruned(contact_event("updated", 1, tags=["a"]), tagged, contact_event("updated", 4, tags=["b"]))

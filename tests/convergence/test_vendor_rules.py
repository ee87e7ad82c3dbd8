"""Rules of single vendors: lists of events, properties, merges, ends, scales, verbs; and how vendors repeat.

The second half shows what docs/vendors.md says of how the vendors differ.
"""

import json
from typing import Any

import pytest

from entities.models import TimelineEntry
from entities.stored_events import StoredEvent, Verdict
from entities.writing.process_batch import process_batch
from events.models import Event
from tests.support.event_builders import Records, records_after, time_at
from tests.support.random_histories import RECEIVED, ensure_source, store_event

pytestmark = pytest.mark.django_db

PERSON, COMPANY = ("contact", "7", "1"), ("client", "7", "5")
PERSON_EVENTS = {
    "hubspot": ("contact.creation", "contact.propertyChange", "contact.deletion"),
    "pipedrive": ("person.create", "person.change", "person.delete"),
    "close": ("contact.created", "contact.updated", "contact.deleted"),
    "gohighlevel": ("ContactCreate", "ContactUpdate", "ContactDelete"),
    "heffl": ("contact.created", "contact.updated", "contact.deleted"),
    "seedly": ("opportunity.created", "opportunity.updated", "opportunity.deleted"),
}
"""Vendor -> the types that create, change and delete a record."""


def event_of(vendor: str, content: Any) -> StoredEvent:
    return store_event(ensure_source(vendor), json.dumps(content).encode())


def listed(verb: str, minute: int, **keys: Any) -> dict[str, Any]:
    """Return one event of HubSpot's lists, about the person."""
    common = {"portalId": 7, "objectId": 1, "occurredAt": int(time_at(minute).timestamp() * 1000)}
    return common | {"subscriptionType": f"contact.{verb}", "attemptNumber": 0} | keys


def named(value: str, minute: int = 1, **keys: Any) -> dict[str, Any]:
    return listed("propertyChange", minute, propertyName="firstname", propertyValue=value, **keys)


def pipedrive_event(entity: str, action: str, minute: int, record: Any, **meta: Any) -> StoredEvent:
    described = {"entity": entity, "action": action, "timestamp": time_at(minute).isoformat(), "attempt": 1}
    place = "previous" if action == "delete" else "data"
    return event_of("pipedrive", {"data": None, "meta": described | meta} | {place: record})


def close_event(kind: str, action: str, minute: int, record: Any, **keys: Any) -> StoredEvent:
    described = {"object_type": kind, "action": action, "object_id": record.get("id")}
    return event_of(
        "close", {"event": described | {"date_updated": time_at(minute).isoformat(), "data": record} | keys}
    )


def person_event(vendor: str, place: int, minute: int) -> StoredEvent:
    """Build the event by which a vendor creates, changes or deletes (place 0, 1 or 2) a record."""
    event_type, time = PERSON_EVENTS[vendor][place], time_at(minute).isoformat()
    kind, _, verb = event_type.partition(".")
    if vendor == "hubspot":
        return event_of(vendor, [listed(verb, minute)])
    if vendor == "pipedrive":
        return pipedrive_event(kind, verb, minute, {"id": 1})
    if vendor == "close":
        return close_event(kind, verb, minute, {"id": "1"})
    if vendor == "gohighlevel":
        return event_of(vendor, {"type": event_type, "locationId": "7", "id": "1", "timestamp": time})
    payload = {"subAccountId": "7", "id": "1"}
    return event_of(vendor, {"event": event_type, "data": payload, "timestamp": time})


# Lists of events, and properties.


def test_of_two_events_of_one_list_and_one_time_the_later_in_the_list_wins() -> None:
    records = records_after(event_of("hubspot", [named("Ida"), named("Jo"), named("Al")]))
    assert records[PERSON]["first_name"] == "Al"


def test_the_place_in_the_list_does_not_win_against_a_time_or_another_rank() -> None:
    records = records_after(
        event_of("hubspot", [named("new", 2), named("old", 1), listed("deletion", 2), named("new", 2)])
    )
    assert (records[PERSON]["first_name"], records[PERSON]["is_deleted"]) == ("new", True)


def test_each_event_of_a_list_has_an_entry_in_the_timeline_and_the_body_one_row_in_the_log() -> None:
    event = event_of("hubspot", [listed("creation", 1), named("Ida", 1), named("Jo", 2)])
    process_batch([event])
    assert Event.objects.count() == 1
    clocks = TimelineEntry.objects.filter(record_type="contact").values_list("clock", flat=True)
    assert sorted(clock.rpartition(".")[2] for clock in clocks) == ["000000", "000001", "000002"]


def test_an_event_without_a_type_among_good_ones_is_a_warning_and_the_others_are_applied() -> None:
    event = event_of("hubspot", [named("Ida"), {"objectId": 1}, [], named("Jo", 2)])
    (outcome,) = process_batch([event])
    assert outcome.verdict is Verdict.APPLIED
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["event 2", "event 3"]
    assert records_after(event)[PERSON]["first_name"] == "Jo"


def test_a_pair_of_a_name_and_a_value_is_a_property() -> None:
    cells = records_after(event_of("hubspot", [named("Ida")]))[PERSON]
    assert (cells["first_name"], cells["extra"]) == ("Ida", {})


# Merges.


def merges(vendor: str) -> tuple[Records, Any, Any]:
    """Return the records after a merge and a late event of the merged record, and the keys of the two."""
    if vendor == "hubspot":
        merged = listed("merge", 2, primaryObjectId=1, mergedObjectIds=[2], newObjectId=1)
        late = named("late", 1) | {"objectId": 2}
        records = records_after(event_of(vendor, [merged]), event_of(vendor, [late]))
        return records, ("contact", "7", "1"), ("contact", "7", "2")
    if vendor == "pipedrive":
        records = records_after(
            pipedrive_event("person", "change", 2, {"id": 1}, merged_from_id=2),
            pipedrive_event("person", "change", 1, {"id": 2, "first_name": "late"}),
        )
        return records, ("contact", "", "1"), ("contact", "", "2")
    meta = {"merge_source_lead_id": "2", "merge_destination_lead_id": "1"}
    records = records_after(
        close_event("lead", "merged", 2, {"id": "1"}, meta=meta),
        close_event("lead", "updated", 1, {"id": "2", "name": "late"}),
    )
    return records, ("client", "", "1"), ("client", "", "2")


@pytest.mark.parametrize("vendor", ["hubspot", "pipedrive", "close"])
def test_a_merge_ends_the_other_record_which_says_into_which_it_went(vendor: str) -> None:
    records, survivor, other = merges(vendor)
    assert (records[survivor]["is_deleted"], records[survivor]["merged_into"]) == (False, None)
    cells = records[other]
    assert (cells["is_deleted"], cells["merged_into"]) == (True, "1")
    assert cells["deleted_at"] == time_at(2)
    assert "late" in (cells.get("name"), cells.get("first_name"))


# Associations that ended.


def association(minute: int, *, removed: bool) -> StoredEvent:
    keys = {"fromObjectId": 1, "toObjectId": 5, "associationType": "CONTACT_TO_COMPANY"}
    return event_of("hubspot", [listed("associationChange", minute, associationRemoved=removed, **keys)])


def test_an_association_that_ended_is_null_whatever_comes_first() -> None:
    records = records_after(association(1, removed=False), association(2, removed=True))
    assert records[PERSON]["client"] is None
    assert records[COMPANY]["is_placeholder"]


def test_an_association_that_began_again_is_the_newest_word() -> None:
    records = records_after(
        association(1, removed=False), association(2, removed=True), association(3, removed=False)
    )
    assert records[PERSON]["client"] == "5"


# Scales, verbs, open sets of types.


def test_an_amount_in_cents_is_a_hundredth_of_its_number() -> None:
    records = records_after(close_event("opportunity", "updated", 1, {"id": "o", "value": 250_050}))
    assert float(records["deal", "", "o"]["value"]) == 2500.5


def is_deleted(records: Records) -> bool:
    (deleted,) = {cells["is_deleted"] for cells in records.values() if not cells["is_placeholder"]}
    return bool(deleted)


@pytest.mark.parametrize("vendor", PERSON_EVENTS)
def test_what_a_vendor_calls_a_deletion_deletes_and_ranks_above_all_of_its_time(vendor: str) -> None:
    created, changed, deleted = (person_event(vendor, place, 1) for place in range(3))
    assert is_deleted(records_after(created, changed, deleted))
    assert not is_deleted(records_after(created, changed))


@pytest.mark.parametrize("vendor", PERSON_EVENTS)
def test_an_event_after_the_deletion_brings_the_record_back(vendor: str) -> None:
    assert not is_deleted(records_after(person_event(vendor, 2, 1), person_event(vendor, 1, 2)))


def test_a_restored_record_exists_again_and_privacy_deletes() -> None:
    restored = event_of("hubspot", [listed("deletion", 1), listed("restore", 2)])
    forgotten = event_of("hubspot", [listed("privacyDeletion", 3)])
    assert not records_after(restored)[PERSON]["is_deleted"]
    assert records_after(restored, forgotten)[PERSON]["is_deleted"]


def test_a_task_of_any_type_is_read_with_the_rank_of_its_verb() -> None:
    for kind in ("task.lead", "task.incoming_email", "task.of_tomorrow"):
        changed = close_event(kind, "updated", 1, {"id": kind, "text": "Call", "is_complete": True})
        deleted = close_event(kind, "deleted", 1, {"id": kind})
        cells = records_after(changed, deleted).get(("task", "", kind))
        assert cells
        assert (cells["title"], cells["status"], cells["is_deleted"]) == ("Call", "completed", True)


# How the vendors differ, and what the mirror then shows.


def test_a_retry_of_a_list_is_a_second_event_that_changes_nothing() -> None:
    content = [listed("creation", 1), named("Ida", 1), named("Jo", 2)]
    again = [one | {"attemptNumber": 1} for one in content]
    assert shown_after("hubspot", content, again) == shown_after("hubspot", content)


def test_a_retry_with_another_number_of_the_attempt_changes_nothing() -> None:
    meta = {"entity": "person", "action": "change", "timestamp": time_at(1).isoformat()}
    one, other = ({"data": {"id": 1, "name": "Ida"}, "meta": meta | {"attempt": n}} for n in (1, 2))
    assert shown_after("pipedrive", one, other) == shown_after("pipedrive", one)


def shown_after(vendor: str, *contents: Any) -> Any:
    """Return what people see of the records after these bodies, each an event of its own in the log."""
    events = [event_of(vendor, content) for content in contents]
    assert len({event.id for event in events}) == len(contents)
    hidden = {"clocks", "search keys"}
    return {
        key: {name: value for name, value in cells.items() if name not in hidden}
        for key, cells in records_after(*events).items()
    }


def test_a_consolidated_event_that_comes_again_is_the_latest_word_in_any_order() -> None:
    records = records_after(
        close_event("opportunity", "updated", 1, {"id": "o", "status_type": "active", "value": 100}),
        close_event("opportunity", "updated", 2, {"id": "o", "status_type": "won", "value": 200}),
    )
    cells = records["deal", "", "o"]
    assert (cells["status"], float(cells["value"])) == ("won", 2.0)


def test_a_deletion_that_names_the_survivor_says_into_which_record_it_went() -> None:
    records = records_after(
        pipedrive_event("person", "change", 2, {"id": 2}),
        pipedrive_event("person", "delete", 1, {"id": 1, "name": "Ida"}, merged_to_id=2),
    )
    cells = records["contact", "", "1"]
    assert (cells["is_deleted"], cells["merged_into"], cells["name"]) == (True, "2", "Ida")


def test_a_body_without_a_time_counts_as_of_its_receipt_with_a_warning() -> None:
    event = event_of("gohighlevel", {"type": "ContactUpdate", "locationId": "7", "id": "1", "name": "Ida"})
    (outcome,) = process_batch([event])
    assert outcome.warnings == ("no event time: the time of receipt counts",)
    cells = records_after(event)[PERSON]
    assert (cells["name"], cells["last_event_at"]) == ("Ida", RECEIVED)


def test_a_vendor_that_sends_a_part_leaves_the_other_columns_as_they_are() -> None:
    def updated(minute: int, **payload: Any) -> StoredEvent:
        content = {"event": "contact.updated", "timestamp": time_at(minute).isoformat()}
        return event_of("seedly", content | {"data": {"subAccountId": "7", "contactId": "1"} | payload})

    records = records_after(updated(1, firstName="Ida", email="a@b.example"), updated(2, firstName="Jo"))
    cells = records[PERSON]
    assert (cells["first_name"], cells["email"]) == ("Jo", "a@b.example")

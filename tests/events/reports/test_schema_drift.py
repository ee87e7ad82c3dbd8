"""The drift report: what vendors send that the mapping does not know."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.generator.word_pools import UNKNOWN_KEYS
from entities.reading.plans.event_plans import clear_plans
from entities.vendors import all_vendors, get_vendor
from events.models import Event
from events.processing.drain import drain_backlog
from events.processing.reapply import reapply
from events.reports import schema_drift as drifting
from events.reports.mapping_coverage import FindingKind
from events.reports.schema_drift import Finding, ReadLimits, find_drift
from tests.support import third_vendor
from tests.support.envelopes import build_body
from tests.support.staff_client import get_page, log_in_staff, store_and_apply, store_delivery
from tests.support.unmapped_events import DEAL, DRIFT_URL, backdate_receipt

pytestmark = pytest.mark.django_db
FindingSummary = tuple[str, str, str, str, int]


def finding_summaries(days: int = 30, vendor: str = "") -> list[FindingSummary]:
    """Return kind, event type, record, path and number of events of each finding."""
    return [
        (one.kind, one.event_type, one.record_type, one.path, one.events) for one in findings(days, vendor)
    ]


def findings(days: int = 30, vendor: str = "") -> tuple[Finding, ...]:
    return find_drift(days, vendor).findings


# Types of events.


def test_unknown_types_are_summed_up_with_since_when_how_often_and_an_example() -> None:
    events = [store_and_apply("deal.sneezed", DEAL | {"value": n}) for n in range(3)]
    store_and_apply("deal.created", DEAL)
    first = backdate_receipt(events[0], days_ago=3)
    last = backdate_receipt(events[1], days_ago=1)
    backdate_receipt(events[2], days_ago=2)
    (found,) = findings()
    assert (found.kind, found.vendor, found.event_type, found.events) == (
        FindingKind.UNKNOWN_TYPE,
        "heffl",
        "deal.sneezed",
        3,
    )
    assert (found.first, found.last, found.example) == (first, last, events[2].pk)


def test_an_archive_that_is_imported_later_hides_no_event_of_before() -> None:
    """Its events have older receipts and higher ids."""
    store_and_apply("deal.sneezed", DEAL)
    backdate_receipt(store_and_apply("deal.created", DEAL), days_ago=10)
    assert [found.event_type for found in findings()] == ["deal.sneezed"]


def test_an_event_counts_once_however_often_it_comes_and_is_applied() -> None:
    for _ in range(2):
        store_and_apply("deal.sneezed", DEAL)
        store_and_apply("deal.created", DEAL | {"score": 1, "client": {"id": "c", "score": 2}})
        reapply(Event.objects.all())
        drain_backlog()
    assert {events for *_, events in finding_summaries()} == {1}


def test_findings_are_grouped_by_vendor() -> None:
    store_and_apply("deal.sneezed", DEAL)
    store_and_apply("deal.sneezed", DEAL, vendor="seedly")
    assert [(one.vendor, one.events) for one in findings()] == [("heffl", 1), ("seedly", 1)]
    assert [one.vendor for one in findings(vendor="seedly")] == ["seedly"]


LIST_VENDOR = """
from entities.signature_language import SECRET_ADDRESS
from entities.vendor_language import Entity, EventType, Vendor, same_names

PERSON = Entity("contact", id="id", columns=same_names("phone") | {"email": "mails.0.value"})
VENDOR = Vendor("marigold", "Marigold", (SECRET_ADDRESS,), {"person.*": EventType(PERSON)}, batch=".",
    type="type", time="at", payload=".", property_keys=("property", "now"))
"""


@pytest.fixture
def store_list(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Return a function that stores and applies a list of events of a vendor with an open set of types."""

    def store(*events: dict[str, Any]) -> None:
        store_delivery(
            json.dumps([{"at": 1736937000, "id": 1} | event for event in events]).encode(), third_vendor.NAME
        )
        drain_backlog()

    with third_vendor.temporary_vendor(tmp_path, LIST_VENDOR):
        yield store


def test_unknown_types_within_a_list_are_found_also_beside_known_ones(
    store_list: Callable[..., None],
) -> None:
    store_list({"type": "person.saved"}, {"type": "shop.opened"}, {"type": "shop.opened"}, {"type": "a.b"})
    store_list({"type": "shop.opened"}, {"type": "shop.closed"})
    assert finding_summaries() == [
        ("type", "shop.opened", "", "", 2),
        ("type", "a.b", "", "", 1),
        ("type", "shop.closed", "", "", 1),
    ]


def test_a_type_of_an_open_set_is_mapped(store_list: Callable[..., None]) -> None:
    store_list({"type": "person.saved"})
    Event.objects.update(status=Event.Status.IGNORED)
    assert finding_summaries() == [("learnt-type", "person.saved", "", "", 1)]


def test_a_list_of_which_a_part_is_read_is_no_finding_and_anything_else_there_is(
    store_list: Callable[..., None],
) -> None:
    store_list({"type": "person.saved", "mails": [{"value": "a@x", "kind": "work"}, {"value": "b@x"}]})
    store_list({"type": "person.saved", "mails": []}, {"type": "person.saved", "mails": [{"kind": "work"}]})
    assert finding_summaries() == []
    store_list({"type": "person.saved", "mails": 7})
    assert finding_summaries() == [("value", "person.saved", "contact", "mails", 1)]


def test_a_property_that_no_column_reads_is_an_unknown_field(store_list: Callable[..., None]) -> None:
    store_list({"type": "person.saved", "property": "shoe", "now": 44})
    store_list({"type": "person.saved", "property": "phone", "now": "1"})
    assert finding_summaries() == [("field", "person.saved", "contact", "shoe", 1)]


# Fields.


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"score": 1}, ("field", "deal", "score")),
        ({"score": None}, ("field", "deal", "score")),
        ({"client": {"id": "c", "rating": "A"}}, ("field", "client", "rating")),
        ({"owner": {"id": 3, "shoe": 44}}, ("field", "deal", "owner.shoe")),
        ({"expectedCloseDate": "someday"}, ("value", "deal", "expectedCloseDate")),
        ({"price": {"amount": 5}}, ("value", "deal", "price")),
        ({"clientId": ["a", "b"]}, ("value", "deal", "clientId")),
        ({"owner": "Jane"}, ("value", "deal", "owner")),
        ({"owner": {"id": 3, "name": [1]}}, ("value", "deal", "owner.name")),
        ({"leadId": "l", "leadName": {"first": "Jane"}}, ("value", "lead", "leadName")),
        ({"name": "Another"}, ("spare", "deal", "name")),
        ({"leadName": "Jane"}, ("spare", "deal", "leadName")),
        ({"price": 5, "clientId": "c", "client": {"id": "c", "name": "Acme"}}, None),
    ],
)  # fmt: skip
def test_unknown_fields_are_distinguished_from_values_that_do_not_fit(
    payload: dict[str, Any], expected: tuple[str, str, str] | None
) -> None:
    store_and_apply("deal.updated", DEAL | payload)
    assert [(kind, model, path) for kind, _, model, path, _ in finding_summaries()] == (
        [expected] if expected else []
    )


def test_a_tag_that_is_an_object_is_a_value_that_cannot_be_read() -> None:
    store_and_apply(
        "contact.tag_added", {"contactId": "c", "subAccountId": "s", "tagName": {"a": 1}}, vendor="seedly"
    )
    assert ("value", "contact.tag_added", "contact", "tagName", 1) in finding_summaries()


def test_fields_are_summed_up_by_type_and_path() -> None:
    for n in range(2):
        store_and_apply("deal.updated", DEAL | {"score": n, "rating": n})
    store_and_apply("deal.created", DEAL | {"score": 7})
    assert finding_summaries() == [
        ("field", "deal.updated", "deal", "rating", 2),
        ("field", "deal.updated", "deal", "score", 2),
        ("field", "deal.created", "deal", "score", 1),
    ]


@pytest.mark.parametrize("vendor", sorted(all_vendors()))
def test_in_a_hostile_stream_only_unmapped_keys_are_unknown_fields(vendor: str) -> None:
    random, circumstances = Random(3), Circumstances(junk=0.2)
    for _ in range(300):
        store_delivery(generate_event(random, get_vendor(vendor), circumstances), vendor)
    drain_backlog()
    found = findings()
    kinds = {one.kind for one in found}
    assert (
        {FindingKind.UNKNOWN_FIELD, FindingKind.UNREADABLE_VALUE}
        <= kinds
        <= {FindingKind.UNKNOWN_FIELD, FindingKind.UNREADABLE_VALUE, FindingKind.UNUSED_VALUE}
    )
    unknown = {one.path for one in found if one.kind is FindingKind.UNKNOWN_FIELD}
    assert set(UNKNOWN_KEYS) <= unknown
    assert {path for path in unknown if not path.endswith(".nested")} == set(UNKNOWN_KEYS)


# The mapping of today.


@pytest.fixture
def learn_mapping(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return a function that adds an event type, a field and a part of an object to a vendor's mapping."""

    def extend_vendor() -> None:
        vendor = get_vendor("heffl")
        known = vendor.events["deal.updated"]
        columns = {**known.entity.columns, "lost_reason": "score", "pipeline_ref": "funnel.id"}
        deal = replace(known.entity, columns=columns)
        types = {
            name: replace(one, entity=deal) if one.entity is known.entity else one
            for name, one in vendor.events.items()
        }
        types["deal.sneezed"] = types["deal.updated"]
        monkeypatch.setitem(all_vendors(), "heffl", replace(vendor, events=types))
        clear_plans()

    yield extend_vendor
    monkeypatch.undo()
    clear_plans()


def test_what_the_mapping_has_learnt_since_is_not_reported_as_unknown(
    learn_mapping: Callable[[], None],
) -> None:
    store_and_apply("deal.sneezed", DEAL | {"value": 1})
    store_and_apply("deal.updated", DEAL | {"score": "high", "funnel": {"id": 7}, "rating": 1})
    assert {kind for kind, *_ in finding_summaries()} == {"type", "field"}
    learn_mapping()
    assert finding_summaries() == [
        ("field", "deal.updated", "deal", "rating", 1),
        ("learnt-type", "deal.sneezed", "", "", 1),
        ("learnt-field", "deal.updated", "deal", "funnel", 1),
        ("learnt-field", "deal.updated", "deal", "score", 1),
    ]


def test_newly_mapped_findings_disappear_once_the_events_are_applied_again(
    learn_mapping: Callable[[], None],
) -> None:
    store_and_apply("deal.sneezed", DEAL)
    store_and_apply("deal.updated", DEAL | {"score": "high"})
    learn_mapping()
    client = log_in_staff()
    page = get_page(client, DRIFT_URL)
    (link,) = [part.split('"')[0] for part in page.split('href="')[1:] if "apply-all-again" in part]
    assert "event_type=deal.sneezed" in link
    # The list of events knows the types that were there when it was loaded.
    reapply(Event.objects.all())
    drain_backlog()
    assert finding_summaries() == []


def test_a_new_vendor_module_is_reported_without_further_changes(tmp_path: Path) -> None:
    module = """
from entities.signature_language import SECRET_ADDRESS
from entities.vendor_language import Entity, Vendor, event_types, same_names
DEAL = Entity("deal", id="uid", columns=same_names("title value"))
VENDOR = Vendor("marigold", "Marigold", (SECRET_ADDRESS,), event_types("order", DEAL, "created"))
"""
    with third_vendor.temporary_vendor(tmp_path, module):
        for event, payload in (("order.lost", {"uid": 1}), ("order.created", {"uid": 1, "gift": True})):
            store_delivery(build_body("marigold", event, payload), "marigold")
        drain_backlog()
        assert finding_summaries(vendor="marigold") == [
            ("type", "order.lost", "", "", 1),
            ("field", "order.created", "deal", "gift", 1),
        ]


# Bounds.


def test_only_what_was_received_in_the_period_counts() -> None:
    old = store_and_apply("deal.sneezed", DEAL)
    store_and_apply("deal.updated", DEAL | {"score": 1})
    backdate_receipt(old, days_ago=40)
    assert [kind for kind, *_ in finding_summaries()] == ["field"]
    assert [kind for kind, *_ in finding_summaries(days=50)] == ["type", "field"]


def test_a_limit_reads_whole_events_from_the_newest_and_reports_how_far_back() -> None:
    for n in range(5):
        backdate_receipt(
            store_and_apply("deal.updated", DEAL | {"score": n, "client": {"id": "c", "score": n}}),
            days_ago=9 - n,
        )
    found = find_drift(30, limits=ReadLimits(entries=4))
    assert {(one.record_type, one.events) for one in found.findings} == {("deal", 2), ("client", 2)}
    assert found.fields_since == min(one.first for one in found.findings)
    assert found.types_since == found.since
    assert find_drift(30).fields_since < found.fields_since


def test_a_limit_holds_for_ignored_events_too() -> None:
    for n in range(5):
        store_and_apply("deal.sneezed", DEAL | {"value": n})
    found = find_drift(30, limits=ReadLimits(events=2))
    assert [one.events for one in found.findings] == [2]
    assert found.types_since == found.findings[0].first


def test_the_number_of_findings_is_bounded_and_a_long_name_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drifting, "MAX_FINDINGS", 3)
    store_and_apply("deal.updated", DEAL | {f"key{n}": n for n in range(10)} | {"k" * 5000: 1})
    found = findings()
    assert len(found) == 3
    store_and_apply("deal." + "x" * 5000, DEAL)
    assert max(len(one.event_type) for one in findings()) == 200

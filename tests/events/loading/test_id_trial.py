"""Ids that differ between API and webhooks: the rule is tried before anything is stored by it."""

from collections.abc import Iterator

import pytest

from entities.models import Client, Contact
from events.loading import load_states
from events.models import Event, Load, Source
from tests.support.loads import (
    ACTOR,
    create_loaded_source,
    deliver_webhook,
    end_wait,
    progress_of,
    run_to_end,
    serve_vendor,
    start_load,
)
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer
from tests.support.vendor_api.webhook_sender import WebhookBodies, reverse_suffix

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with serve_vendor() as server:
        server.records.fill("companies", 3)
        yield server


@pytest.fixture
def source() -> Source:
    return create_loaded_source()


def load_companies(source: Source) -> Load:
    return run_to_end(start_load(source, "companies", trusts_ids=False))


def test_the_rule_that_holds_for_a_record_known_both_ways_lets_the_load_go_on(
    vendor: VendorServer, source: Source
) -> None:
    deliver_webhook(source, vendor, "companies")
    load = load_companies(source)
    assert (load.state, load.reason) == (Load.State.DONE, "")
    assert Client.objects.count() == 3
    source.api_access.refresh_from_db()
    assert source.api_access.proven_ids == ["client"]


def test_a_rule_that_does_not_hold_stops_the_list_before_anything_is_stored(
    vendor: VendorServer, source: Source
) -> None:
    deliver_webhook(source, vendor, "companies", WebhookBodies(reverse_suffix))
    load = load_companies(source)
    assert load.state == Load.State.STOPPED
    assert "not those of webhooks by the rule" in progress_of(load, "companies").reason
    assert Event.objects.filter(origin="api").count() == 0


def test_without_a_record_known_both_ways_the_list_waits_for_one_or_for_a_word(
    vendor: VendorServer, source: Source
) -> None:
    load = load_companies(source)
    assert load.state == Load.State.STOPPED
    assert "no webhook has brought one yet" in progress_of(load, "companies").reason
    deliver_webhook(source, vendor, "companies")
    assert load_states.resume(load, ACTOR)
    assert run_to_end(load).state == Load.State.DONE


def test_staff_can_trust_the_ids(vendor: VendorServer, source: Source) -> None:
    load = load_companies(source)
    assert load_states.resume(load, ACTOR, trusts_ids=True)
    assert run_to_end(load).state == Load.State.DONE
    assert Client.objects.count() == 3


def test_one_deleted_record_does_not_disprove_the_rule(vendor: VendorServer, source: Source) -> None:
    deliver_webhook(source, vendor, "companies", index=0)
    deliver_webhook(source, vendor, "companies", index=1)
    del vendor.records._records["companies"][vendor.records.list_records("companies")[1]["id"]]
    assert load_companies(source).state == Load.State.DONE


def test_another_record_under_the_same_id_disproves_the_rule(vendor: VendorServer, source: Source) -> None:
    deliver_webhook(source, vendor, "companies")
    first = vendor.records.list_records("companies")[0]
    vendor.records._records["companies"][first["id"]]["createdAt"] = "2020-01-01T00:00:00Z"
    assert load_companies(source).state == Load.State.STOPPED


def test_ids_of_references_are_tried_too(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("contacts", 1)
    deliver_webhook(source, vendor, "contacts")
    load = run_to_end(start_load(source, "contacts", trusts_ids=False))
    assert "ids of each client" in progress_of(load, "contacts").reason
    assert Contact.objects.count() == 1


def test_a_fault_during_the_trial_is_no_verdict(vendor: VendorServer, source: Source) -> None:
    deliver_webhook(source, vendor, "companies")
    vendor.api.faults.plan(Fault.SERVER_ERROR)
    load = start_load(source, "companies", trusts_ids=False)
    end_wait(load)
    assert run_to_end(load).state == Load.State.DONE

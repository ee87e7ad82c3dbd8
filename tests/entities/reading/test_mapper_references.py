"""Mapping: what an event says about the records that it refers to or embeds, without a database."""

import json
from typing import Any

import pytest

from entities.reading.mapped_event import RecordKey
from tests.support.envelopes import CLIENT, DEAL, LEAD, read_event, read_own_writes

pytestmark = pytest.mark.unit


def test_a_null_in_a_copy_or_beside_a_reference_writes_nothing() -> None:
    client = {"id": "cl_1", "name": None, "website": None, "rating": None}
    event = read_event(
        "heffl", "deal.updated", {"id": "dl_1", "client": client, "leadId": "ld_1", "leadName": None}
    )
    assert event.copies == {RecordKey(CLIENT, "", "cl_1"): {}, RecordKey(LEAD, "", "ld_1"): {}}
    (own,) = event.own.values()
    assert own == {"client": "cl_1", "lead": "ld_1", "exists": True}


def test_a_null_reference_is_null_and_the_null_beside_it_is_kept_nowhere() -> None:
    assert read_own_writes("heffl", "deal.updated", {"leadId": None, "leadName": None}) == {"lead": None}


def test_a_name_beside_no_reference_is_kept_in_extra() -> None:
    assert read_own_writes("heffl", "deal.updated", {"leadName": "Jane"}) == {"extra.leadName": "Jane"}


def test_a_value_beside_a_reference_is_a_copy_of_that_one_field() -> None:
    event = read_event("heffl", "deal.updated", {"id": "dl_1", "leadId": "ld_1", "leadName": "Jane"})
    assert event.copies == {RecordKey(LEAD, "", "ld_1"): {"name": "Jane"}}


def test_tags_beside_a_contact_are_a_copy_of_its_tags() -> None:
    event = read_event(
        "seedly", "task.created", {"taskId": 1, "contactId": "c", "subAccountId": "s", "tags": ["b", "a"]}
    )
    assert event.copies[RecordKey("contact", "s", "c")] == {"tags": ["a", "b"]}


def test_an_empty_text_in_a_copy_or_beside_a_reference_writes_nothing() -> None:
    client = {"id": "cl_1", "name": "", "website": " ", "customFields": ""}
    payload = {"id": "dl_1", "client": client, "leadId": "ld_1", "leadName": "", "leadValue": "\u200f"}
    event = read_event("heffl", "deal.updated", payload)
    assert event.copies == {
        RecordKey(CLIENT, "", "cl_1"): {"custom_fields": ""},
        RecordKey(LEAD, "", "ld_1"): {},
    }
    assert event.own == {RecordKey(DEAL, "", "dl_1"): {"client": "cl_1", "lead": "ld_1", "exists": True}}


def test_an_empty_reference_is_null_and_the_empty_text_beside_it_is_kept_nowhere() -> None:
    assert read_own_writes("heffl", "deal.updated", {"leadId": "", "leadName": ""}) == {"lead": None}


def test_an_empty_sub_account_is_none() -> None:
    event = read_event("seedly", "task.updated", {"taskId": "t", "subAccountId": "", "locationId": ""})
    assert event.own == {RecordKey("task", "", "t"): {"exists": True}}
    assert event.copies == {}


CLIENTS = [
    {"clientId": "cl_1"},
    {"clientId": "cl_1", "client": ""},
    {"clientId": "", "client": {"id": "cl_1"}},
    {"client": {"id": "", "clientId": "cl_1"}},
    {"clientId": "cl_1", "client": None},
    {"client": "cl_1"},
    {"client": {"id": "cl_1"}},
    {"client": {"clientId": "cl_1"}},
    {"client": [{"id": "cl_1"}]},
    {"client": ["cl_1"]},
    {"clientId": "cl_1", "client": {}},
    {"clientId": "cl_1", "client": {"id": "cl_1"}},
]


@pytest.mark.parametrize("payload", CLIENTS, ids=json.dumps)
def test_a_reference_is_an_id_or_an_embedded_record(payload: dict[str, Any]) -> None:
    event = read_event("heffl", "deal.updated", {"id": "d"} | payload)
    assert event.own == {RecordKey(DEAL, "", "d"): {"client": "cl_1", "exists": True}}
    assert event.copies == {RecordKey(CLIENT, "", "cl_1"): {}}
    assert event.warnings == ()


def test_an_embedded_record_without_an_id_is_the_one_referred_to() -> None:
    event = read_event("heffl", "deal.updated", {"id": "d", "clientId": "cl_1", "client": {"name": "Acme"}})
    assert event.copies == {RecordKey(CLIENT, "", "cl_1"): {"name": "Acme"}}


def test_an_embedded_record_without_any_id_is_kept_raw() -> None:
    event = read_event("heffl", "deal.updated", {"id": "d", "client": {"name": "Acme"}})
    assert event.own[RecordKey(DEAL, "", "d")] == {
        "client": None,
        "extra.client": {"name": "Acme"},
        "exists": True,
    }
    assert event.warnings == ("client: an object is not a text; client is null until a newer value",)
    assert event.copies == {}


def test_an_embedded_record_whose_id_is_none_is_kept_whole() -> None:
    client = {"id": {"$oid": "1"}, "name": "Acme"}
    assert read_own_writes("heffl", "deal.updated", {"client": client}) == {
        "client": None,
        "extra.client": client,
    }


def test_a_name_under_the_references_key_beside_its_id_is_kept() -> None:
    assert read_own_writes("heffl", "deal.updated", {"clientId": "cl_1", "client": "Acme"}) == {
        "client": "cl_1",
        "extra.client": "Acme",
    }


def test_an_embedded_records_own_references_are_read() -> None:
    deal = {"id": "d", "client": {"id": "c", "name": "Acme"}}
    event = read_event("heffl", "quotation.updated", {"id": "q", "deal": deal})
    assert event.copies == {
        RecordKey(DEAL, "", "d"): {"client": "c"},
        RecordKey(CLIENT, "", "c"): {"name": "Acme"},
    }


def test_two_sub_accounts_never_share_a_record() -> None:
    keys = {
        key
        for scope in ("s1", "s2", 3)
        for key in read_event(
            "seedly", "task.created", {"taskId": "t", "contactId": "c", "subAccountId": scope}
        ).own
    }
    assert keys == {RecordKey("task", scope, "t") for scope in ("s1", "s2", "3")}


def test_the_location_is_a_fact_about_the_sub_account() -> None:
    event = read_event("seedly", "task.updated", {"taskId": "t", "subAccountId": "s", "locationId": "loc"})
    assert event.copies == {RecordKey("subaccount", "", "s"): {"location_id": "loc"}}
    assert event.own == {RecordKey("task", "s", "t"): {"exists": True}}

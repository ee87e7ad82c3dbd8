"""What an event says about which records, without a database."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities import vendors
from entities.envelope import UNSTORABLE, Malformed
from entities.mapping import RecordKey, Unmappable
from entities.plan import plans
from entities.registers import parts, shown
from entities.vendor import Rank
from tests.entities.json_values import values
from tests.entities.reading import body, mapped, read, written

DIGEST = re.compile("[0-9a-f]{64}")
LEAD, DEAL, CLIENT = "lead", "deal", "client"


def test_absent_writes_nothing_and_null_writes_null() -> None:
    assert written("heffl", "lead.updated", {"title": None}) == {"title": None}


def test_a_null_in_a_copy_or_beside_a_reference_writes_nothing() -> None:
    client = {"id": "cl_1", "name": None, "website": None, "rating": None}
    found = read(
        "heffl", "deal.updated", {"id": "dl_1", "client": client, "leadId": "ld_1", "leadName": None}
    )
    assert found.copies == {RecordKey(CLIENT, "", "cl_1"): {}, RecordKey(LEAD, "", "ld_1"): {}}
    (own,) = found.own.values()
    assert own == {"client": "cl_1", "lead": "ld_1", "exists": True}


def test_a_null_reference_is_null_and_the_null_beside_it_is_kept_nowhere() -> None:
    assert written("heffl", "deal.updated", {"leadId": None, "leadName": None}) == {"lead": None}


def test_a_name_beside_no_reference_is_kept_in_extra() -> None:
    assert written("heffl", "deal.updated", {"leadName": "Jane"}) == {"extra.leadName": "Jane"}


def test_a_value_beside_a_reference_is_a_copy_of_that_one_field() -> None:
    found = read("heffl", "deal.updated", {"id": "dl_1", "leadId": "ld_1", "leadName": "Jane"})
    assert found.copies == {RecordKey(LEAD, "", "ld_1"): {"name": "Jane"}}


def test_tags_beside_a_contact_are_a_copy_of_its_tags() -> None:
    found = read(
        "seedly", "task.created", {"taskId": 1, "contactId": "c", "subAccountId": "s", "tags": ["b", "a"]}
    )
    assert found.copies[RecordKey("contact", "s", "c")] == {"tags": ["a", "b"]}


def test_the_contacts_own_tags_are_its_own_word() -> None:
    assert written("seedly", "contact.updated", {"contactId": "c", "tags": ["a"]}) == {"tags": ["a"]}


def test_an_added_tag_is_an_addition() -> None:
    assert written("seedly", "contact.tag_added", {"contactId": "c", "tagName": "vip"}) == {"tags+vip": True}


def test_a_tag_that_is_no_text_is_kept_in_extra_with_a_warning() -> None:
    found = read("seedly", "contact.tag_added", {"contactId": "c", "tagName": ["vip"]})
    assert found.own[RecordKey("contact", "", "c")] == {"extra.tagName": ["vip"], "exists": True}
    assert found.warnings == ("tagName: an array is not a text; nothing is added to tags",)


def test_facts_about_the_event_are_not_kept() -> None:
    payload = {"opportunityId": "o", "fromStageId": 1, "toStageId": 2, "changedFields": ["stageId"]}
    assert written("seedly", "opportunity.stage_changed", payload) == {"stage_ref": "2"}


def test_what_the_mapping_does_not_name_is_kept_key_by_key() -> None:
    payload = {"score": 1.50, "nested": {"a": [None]}, "gone": None}
    assert written("heffl", "lead.updated", payload) == {
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


@pytest.mark.parametrize(("payload", "writes"), OBJECTS)
def test_related_facts_are_read_embedded_or_flattened(payload: Any, writes: Any) -> None:
    assert written("heffl", "lead.updated", payload) == writes


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
    assert written("heffl", "deal.updated", payload) == writes
    assert written("seedly", "opportunity.updated", payload) == writes


def test_of_two_words_the_one_that_converts_counts_and_the_other_is_kept() -> None:
    found = read("heffl", "deal.updated", {"id": "d", "title": {"en": "A"}, "name": "B"})
    assert found.own[RecordKey(DEAL, "", "d")] == {"title": "B", "extra.title": {"en": "A"}, "exists": True}
    assert found.warnings == ("title: an object is not a text; kept as it came",)


def test_what_no_column_can_hold_is_null_and_raw_with_one_warning() -> None:
    found = read("heffl", "deal.updated", {"id": "d", "price": "many", "expectedCloseDate": "soon"})
    assert found.own[RecordKey(DEAL, "", "d")] == {
        "value": None,
        "extra.price": "many",
        "expected_close_date": None,
        "extra.expectedCloseDate": "soon",
        "exists": True,
    }
    assert found.warnings == (
        "expectedCloseDate: not a time in ISO 8601 or epoch milliseconds;"
        " expected_close_date is null until a newer value",
        "price: not a number; value is null until a newer value",
    )


CLIENTS = [
    {"clientId": "cl_1"},
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
    found = read("heffl", "deal.updated", {"id": "d"} | payload)
    assert found.own == {RecordKey(DEAL, "", "d"): {"client": "cl_1", "exists": True}}
    assert found.copies == {RecordKey(CLIENT, "", "cl_1"): {}}
    assert found.warnings == ()


def test_an_embedded_record_without_an_id_is_the_one_referred_to() -> None:
    found = read("heffl", "deal.updated", {"id": "d", "clientId": "cl_1", "client": {"name": "Acme"}})
    assert found.copies == {RecordKey(CLIENT, "", "cl_1"): {"name": "Acme"}}


def test_an_embedded_record_without_any_id_is_kept_raw() -> None:
    found = read("heffl", "deal.updated", {"id": "d", "client": {"name": "Acme"}})
    assert found.own[RecordKey(DEAL, "", "d")] == {
        "client": None,
        "extra.client": {"name": "Acme"},
        "exists": True,
    }
    assert found.warnings == ("client: an object is not a text; client is null until a newer value",)
    assert found.copies == {}


def test_an_embedded_record_whose_id_is_none_is_kept_whole() -> None:
    client = {"id": {"$oid": "1"}, "name": "Acme"}
    assert written("heffl", "deal.updated", {"client": client}) == {"client": None, "extra.client": client}


def test_a_name_under_the_references_key_beside_its_id_is_kept() -> None:
    assert written("heffl", "deal.updated", {"clientId": "cl_1", "client": "Acme"}) == {
        "client": "cl_1",
        "extra.client": "Acme",
    }


def test_an_embedded_records_own_references_are_read() -> None:
    deal = {"id": "d", "client": {"id": "c", "name": "Acme"}}
    found = read("heffl", "quotation.updated", {"id": "q", "deal": deal})
    assert found.copies == {
        RecordKey(DEAL, "", "d"): {"client": "c"},
        RecordKey(CLIENT, "", "c"): {"name": "Acme"},
    }


def test_two_sub_accounts_never_share_a_record() -> None:
    keys = {
        key
        for scope in ("s1", "s2", 3)
        for key in read(
            "seedly", "task.created", {"taskId": "t", "contactId": "c", "subAccountId": scope}
        ).own
    }
    assert keys == {RecordKey("task", scope, "t") for scope in ("s1", "s2", "3")}


def test_the_location_is_a_fact_about_the_sub_account() -> None:
    found = read("seedly", "task.created", {"taskId": "t", "subAccountId": "s", "locationId": "loc"})
    assert found.copies == {RecordKey("subaccount", "", "s"): {"location_id": "loc"}}
    assert found.own == {RecordKey("task", "s", "t"): {"exists": True}}


@pytest.mark.parametrize(
    ("vendor", "event_type", "payload", "reason"),
    [
        ("heffl", "lead.created", {}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": None}, "the payload carries no id (looked for id, leadId)"),
        ("heffl", "lead.created", {"id": ""}, "id or leadId: an id has 1 to 255 characters, not 0"),
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
        read(vendor, event_type, payload)
    assert reason in str(error.value)


def test_an_event_type_that_the_vendor_does_not_have_is_not_known() -> None:
    found = mapped("heffl", body("heffl", "lead.archived", {"id": "x"}))
    assert (found.known, found.statements) == (False, ())


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
    (said,) = mapped("heffl", body("heffl", event_type, {"id": "x"})).statements
    assert (parts(said.clock).rank, said.writes) == (rank, {"exists": exists})


def test_a_number_of_five_thousand_digits_is_kept_as_text() -> None:
    digits = "9" * 5000
    raw = body("heffl", "lead.updated", {"id": "x", "value": 0, "size": 0}).replace(
        b": 0", f": {digits}".encode()
    )
    (said,) = mapped("heffl", raw).statements
    assert shown(said.writes) == {
        "value": None,
        "extra.value": digits,
        "extra.size": digits,
        "exists": True,
    }


EVENT_TYPES = [(name, type) for name, vendor in vendors.every().items() for type in vendor.event_types]
CHARACTERS = st.text(st.characters(), max_size=5)
JSON_VALUES = st.none() | values(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | CHARACTERS
)
IDS = st.sampled_from(["x1", 7]) | JSON_VALUES


@st.composite
def payloads(draw: st.DrawFn, vendor: str, event_type: str) -> dict[str, Any]:
    """Any value under any key that the mapping reads, and under some that it does not."""
    plan = plans(vendor)[vendors.get(vendor).events[event_type].entity.model]
    beside = [key for reference in plan.references for key in reference.beside]
    keys = sorted(plan.whole | plan.parted | plan.unkept) + beside + ["unknown", "\x00", "\ud800"]
    payload = draw(st.dictionaries(st.sampled_from(keys), JSON_VALUES, max_size=12))
    return payload | {plan.entity.id[0]: draw(IDS)}


@st.composite
def events(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    vendor, event_type = draw(st.sampled_from(EVENT_TYPES))
    return vendor, event_type, draw(payloads(vendor, event_type))


@given(events())
def test_any_payload_is_mapped_to_storable_json_or_refused_in_words(event: tuple[str, str, Any]) -> None:
    vendor, event_type, payload = event
    try:
        found = mapped(vendor, body(vendor, event_type, payload))
    except (Unmappable, Malformed) as error:
        said: Any = str(error)
    else:
        said = [found.warnings, [[said.key, said.clock, shown(said.writes)] for said in found.statements]]
    assert not UNSTORABLE.search(json.dumps(said, allow_nan=False, ensure_ascii=False))


@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_a_payloads_keys_says_nothing(event: tuple[str, str, Any], random: Any) -> None:
    vendor, event_type, payload = event
    keys = [key for key in payload if not UNSTORABLE.search(key)]
    shuffled = random.sample(keys, len(keys))
    found = [
        _read_or_reason(vendor, event_type, {key: payload[key] for key in order})
        for order in (keys, shuffled)
    ]
    assert found[0] == found[1]


@given(events(), st.integers(0, 10**30))
def test_an_id_says_the_same_as_a_number_and_as_text(event: tuple[str, str, Any], number: int) -> None:
    vendor, event_type, payload = event
    plan = plans(vendor)[vendors.get(vendor).events[event_type].entity.model]
    keys = [plan.entity.id[0], *(reference.keys[0] for reference in plan.references)]
    if vendors.get(vendor).scope:
        keys.append("subAccountId")
    one, other = (
        _read_or_reason(vendor, event_type, payload | dict.fromkeys(keys, id)) for id in (number, str(number))
    )
    assert one == other


@given(events())
def test_mapping_the_same_bytes_again_says_the_same(event: tuple[str, str, Any]) -> None:
    assert _read_or_reason(*event) == _read_or_reason(*event)


def _read_or_reason(vendor: str, event_type: str, payload: dict[str, Any]) -> Any:
    """But for what other bytes of the same meaning change: the warnings' order, and an id by digest."""
    try:
        found = read(vendor, event_type, payload)
    except Unmappable as error:
        return str(error)
    own = {DIGEST.sub("digest", str(key)): writes for key, writes in found.own.items()}
    return own, found.copies, sorted(found.warnings)

"""The constructs of the vendors' language, each by a vendor that has nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entities.merge.clock import Rank, parse_clock
from entities.merge.registers import timeline_values
from entities.reading.mapped_event import MappedEvent, Unmappable
from tests.support.envelopes import map_body
from tests.support.third_vendor import NAME, temporary_vendor

pytestmark = pytest.mark.unit

MODULE = """
from entities.vendor_language import Entity, EventType, Spelling, Vendor, event_types, same_names

SHOP = Entity("subaccount", id="/shop", columns={})
CONTACT = Entity(
    "contact",
    id="id /meta.id",
    columns=same_names("first_name client")
    | {"email": "emails.0.value", "phone": "phones.0.number", "job_title": "/meta.job"},
)
CLIENT = Entity("client", id="id /meta.id", columns=same_names("name website"))
DEAL = Entity(
    "deal",
    id="id",
    columns=same_names("title contact status") | {"value": "cents"},
    scales={"value": 100},
    translations={"status": {"true": "won", "false": "open"}},
)
VENDOR = Vendor(
    name="marigold",
    label="Marigold",
    signatures=(),
    batch="events",
    type=("type", "link"),
    time="at",
    payload="row .",
    property_keys=("name_of_key", "value_of_key"),
    delivery_keys="attempt",
    spelling=Spelling.SNAKE_CASE,
    scope=SHOP,
    events=event_types("contact", CONTACT, "created changed deleted")
    | event_types("client", CLIENT, "changed")
    | event_types("Deal", DEAL, "Create Delete", joint="")
    | {
        "deal.*": EventType(DEAL),
        "contact.merged": EventType(CONTACT, merged="/from others"),
        "link.changed.contact_to_client": EventType(
            CONTACT, id="from_id", columns={"client": "to_id"}, ended="is_removed"
        ),
    },
)
"""


@pytest.fixture(autouse=True)
def vendor(tmp_path: Path) -> Iterator[None]:
    with temporary_vendor(tmp_path, MODULE):
        yield


def read(content: Any) -> MappedEvent:
    return map_body(NAME, json.dumps(content).encode())


def list_writes(content: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return (model, id) -> what an event writes to it."""
    return {
        (said.key.model, said.key.external_id): timeline_values(said.writes)
        for said in read(content).statements
    }


def own_writes(event_type: str, **row: Any) -> dict[str, Any]:
    """Return what an event of this type writes to its own record, of id 1."""
    content = {"type": event_type, "at": 1736937000, "row": {"id": 1} | row}
    return next(iter(list_writes(content).values()))


def test_a_number_in_a_path_counts_into_a_list_that_stays_whole_in_extra() -> None:
    emails = [{"value": "a@x", "kind": "work"}, {"value": "b@x"}]
    writes = own_writes("contact.changed", emails=emails)
    assert (writes["email"], writes["extra.emails"]) == ("a@x", emails)


@pytest.mark.parametrize("emails", [[], None, "", [{"value": None}], [{"value": " "}], [None]])
def test_an_empty_list_and_a_null_on_the_way_are_null(emails: Any) -> None:
    assert own_writes("contact.changed", emails=emails)["email"] is None


@pytest.mark.parametrize("emails", ["a@x", 7, ["a@x"], [{}], [[{"value": "a@x"}]]])
def test_a_path_that_leads_nowhere_is_absent_and_the_value_is_in_extra(emails: Any) -> None:
    writes = own_writes("contact.changed", emails=emails)
    assert "email" not in writes
    assert writes["extra.emails"] == emails


def test_an_object_where_a_list_is_expected_is_in_extra_by_its_parts() -> None:
    writes = own_writes("contact.changed", emails={"value": "a@x", "kind": {"of": 1}})
    assert "email" not in writes
    assert (writes["extra.emails.value"], writes["extra.emails.kind"]) == ("a@x", {"of": 1})


def test_a_path_from_the_root_looks_beside_the_payload_and_never_out_of_a_copy() -> None:
    meta = {"id": "m1", "job": "CTO"}
    body = {
        "type": "contact.changed",
        "at": 1,
        "meta": meta,
        "row": {"client": {"name": "Acme"}, "client_id": 5},
    }
    writes = list_writes(body)
    assert writes["contact", "m1"]["job_title"] == "CTO"
    assert writes["client", "5"] == {"name": "Acme"}
    assert ("client", "m1") not in writes


def test_a_vendors_spelling_is_that_of_keys_that_need_no_line() -> None:
    assert own_writes("contact.changed", first_name="Ida", firstName="Eva") == {
        "first_name": "Ida",
        "extra.firstName": "Eva",
        "exists": True,
    }


def test_the_envelopes_keys_and_those_of_the_delivery_are_no_part_of_a_flat_record() -> None:
    body = {"type": "contact.changed", "at": 1736937000, "id": 1, "attempt": 2, "other": 3}
    assert list_writes(body) == {("contact", "1"): {"extra.other": 3, "exists": True}}


def test_a_scale_divides_amounts() -> None:
    assert own_writes("DealCreate", cents=12345)["value"] == "123.4500"
    assert own_writes("DealCreate", cents="1")["value"] == "0.0100"
    assert own_writes("DealCreate", cents="many") | {"exists": 0} == {
        "value": None,
        "extra.cents": "many",
        "exists": 0,
    }


def test_a_flag_is_a_word_where_the_table_has_one() -> None:
    assert own_writes("DealCreate", status=True)["status"] == "won"
    assert own_writes("DealCreate", status="lost")["status"] == "lost"


@pytest.mark.parametrize(
    ("event_type", "rank"),
    [
        ("contact.created", Rank.CREATED),
        ("contact.changed", Rank.OTHER),
        ("contact.deleted", Rank.DELETED),
        ("DealCreate", Rank.CREATED),
        ("DealDelete", Rank.DELETED),
        ("deal.removed", Rank.DELETED),
        ("deal.line.added", Rank.CREATED),
        ("deal.restored", Rank.OTHER),
        ("deal.anything", Rank.OTHER),
    ],
)
def test_the_verb_of_a_type_is_its_rank_with_a_dot_or_without_and_in_an_open_set(
    event_type: str, rank: Rank
) -> None:
    statement = read({"type": event_type, "at": 1736937000, "row": {"id": 1}}).statements[0]
    assert parse_clock(statement.clock).rank is rank
    assert statement.writes["exists"] is (rank is not Rank.DELETED)


def test_a_type_outside_an_open_set_is_not_known() -> None:
    assert not read({"type": "deals.created", "at": 1736937000, "row": {"id": 1}}).known


def test_a_pair_of_keys_is_one_property() -> None:
    assert own_writes("contact.changed", name_of_key="first_name", value_of_key="Ida") == {
        "first_name": "Ida",
        "exists": True,
    }
    assert own_writes("contact.changed", name_of_key="shoe_size", value_of_key="")["extra.shoe_size"] == ""
    assert own_writes("contact.changed", name_of_key="first_name") == {"exists": True}


def test_columns_of_one_type_are_null_once_an_association_has_ended() -> None:
    link = {"type": "link.changed", "link": "contact_to_client", "at": 1736937000, "from_id": 1, "to_id": 5}
    assert list_writes(link)["contact", "1"] == {"client": "5", "exists": True}
    assert list_writes(link | {"is_removed": True})["contact", "1"] == {"client": None, "exists": True}
    assert list_writes(link | {"is_removed": "maybe"})["contact", "1"]["client"] == "5"


def test_merged_records_end_at_the_rank_of_deletions_and_say_where_they_went() -> None:
    body = {
        "type": "contact.merged",
        "at": 1736937000,
        "from": 2,
        "row": {"id": 1, "others": [1, 3, None, {}]},
    }
    ended = [said for said in read(body).statements if said.key.external_id != "1"]
    assert [said.key.external_id for said in ended] == ["2", "3"]
    assert [said.writes for said in ended] == [{"exists": False, "merged_into": "1"}] * 2
    assert {parse_clock(said.clock).rank for said in ended} == {Rank.DELETED}


def test_each_event_of_a_body_has_a_clock_of_its_own_and_the_later_one_wins() -> None:
    events = [{"type": "contact.changed", "at": 1736937000, "row": {"id": 1}} for _ in range(3)]
    mapped = read({"events": events, "shop": "s1"})
    clocks = [said.clock for said in mapped.statements]
    assert clocks == sorted(set(clocks))
    assert {parse_clock(clock).body_digest for clock in clocks} == {mapped.event.digest}
    assert mapped.scope == "s1"


def test_an_event_of_a_body_that_names_no_record_is_a_warning() -> None:
    good, bad = {"type": "contact.changed", "row": {"id": 1}}, {"type": "contact.changed", "row": {}}
    mapped = read({"events": [good, bad, 7]})
    assert [said.key.external_id for said in mapped.statements] == ["1"]
    assert [warning for warning in mapped.warnings if "event 2: the payload carries no id" in warning]
    assert [warning for warning in mapped.warnings if "event 3: not an envelope" in warning]
    with pytest.raises(Unmappable):
        read({"events": [bad, bad]})

"""Each rule of docs/convergence.md about keys, clocks, nulls and copies, by the fewest events that show it.

`records_after` applies the events in every order, in one batch and one at a time; the results must be equal.
The rules of the event log are in test_event_rules.py, the others in the other test_*_rules.py.
"""

import pytest

from tests.support import table_contents
from tests.support.event_builders import (
    CLIENT,
    CONTACT,
    DEAL,
    LEAD,
    apply_in_every_way,
    build_event,
    client_event,
    contact_event,
    deal_event,
    records_after,
)

pytestmark = pytest.mark.django_db


# A record is known by its source, its scope and its external id.


def test_equal_ids_in_two_sources_are_two_records() -> None:
    events = tuple(
        build_event("heffl", "deal.updated", 1, {"id": "d", "title": slug}, slug) for slug in ("one", "two")
    )
    titles = apply_in_every_way(
        events, lambda: sorted(cells["title"] for cells in table_contents.read_records().values())
    )
    assert titles == ["one", "two"]


def test_equal_ids_in_two_sub_accounts_are_two_records() -> None:
    records = records_after(
        contact_event("updated", 1, firstName="Ann"),
        contact_event("updated", 2, firstName="Bea", subAccountId="sb"),
        contact_event("updated", 3, firstName="Cleo", subAccountId=None),
    )
    contacts = {key[1]: cells for key, cells in records.items() if key[0] == "contact"}
    assert {scope: cells["first_name"] for scope, cells in contacts.items()} == {
        "sa": "Ann",
        "sb": "Bea",
        "": "Cleo",
    }
    assert {scope: cells["sub_account"] for scope, cells in contacts.items()} == {
        "sa": "sa",
        "sb": "sb",
        "": None,
    }


def test_a_location_is_a_fact_about_the_sub_account_and_no_part_of_a_key() -> None:
    records = records_after(
        contact_event("updated", 1, locationId="loc_1"),
        contact_event("updated", 2),
        contact_event("updated", 3, locationId=2),
    )
    assert records["subaccount", "", "sa"]["location_id"] == "2"
    assert set(records) == {CONTACT, ("subaccount", "", "sa")}
    assert records[CONTACT]["extra"] == {}


def test_an_id_is_the_same_as_a_number_and_as_text() -> None:
    assert set(records_after(deal_event("updated", 1, id=7), deal_event("updated", 2, id="7"))) == {
        ("deal", "", "7")
    }


# Every field is a last-writer-wins register; its clock is (event time, rank, digest).


def test_an_older_event_does_not_overwrite_a_newer_one() -> None:
    records = records_after(deal_event("updated", 1, title="older"), deal_event("updated", 2, title="newer"))
    assert records[DEAL]["title"] == "newer"


def test_each_field_has_a_clock_of_its_own() -> None:
    records = records_after(
        deal_event("updated", 1, title="1", number="1", priority="1"),
        deal_event("updated", 2, title="2", number="2"),
        deal_event("updated", 3, title="3"),
    )
    assert [records[DEAL][name] for name in ("title", "number", "priority")] == ["3", "2", "1"]


def test_times_are_compared_to_the_microsecond_and_across_zones() -> None:
    records = records_after(
        deal_event("updated", "2025-01-15T10:00:00.000002Z", title="newest"),
        deal_event("updated", "2025-01-15T15:30:00.000001+05:30", title="newer"),
        deal_event("updated", 1736935200000, title="oldest"),
    )
    assert records[DEAL]["title"] == "newest"


@pytest.mark.parametrize(("lower", "higher"), [("created", "updated"), ("created", "stageChanged")])
def test_at_equal_times_rank_decides(lower: str, higher: str) -> None:
    for title in ("one", "other"):
        records = records_after(deal_event(lower, 1, title="lower"), deal_event(higher, 1, title=title))
        assert records[DEAL]["title"] == title


def test_at_equal_times_a_deletion_ranks_highest() -> None:
    for title in ("one", "other"):
        records = records_after(
            deal_event("updated", 1, title="lower"), deal_event("deleted", 1, title=title)
        )
        assert (records[DEAL]["title"], records[DEAL]["is_deleted"]) == (title, True)


def test_at_equal_times_a_creation_ranks_above_a_copy() -> None:
    for name in ("one", "other"):
        records = records_after(
            deal_event("updated", 1, client={"id": "c", "name": "copy"}),
            client_event("created", 1, name=name),
        )
        assert records[CLIENT]["name"] == name


def test_at_equal_times_and_ranks_the_digest_decides() -> None:
    events = [deal_event("updated", 1, title=title) for title in ("a", "b", "c")]
    last = max(events, key=lambda event: event.digest)
    assert records_after(*events)[DEAL]["title"] == "abc"[events.index(last)]


# Absent is not null.


def test_an_absent_field_writes_nothing() -> None:
    records = records_after(
        deal_event("updated", 1, title="said", score=1), deal_event("updated", 2, number="7")
    )
    assert (records[DEAL]["title"], records[DEAL]["extra"]) == ("said", {"score": 1})


def test_a_null_in_the_records_own_event_writes_null() -> None:
    records = records_after(
        deal_event("updated", 1, title="said", score=1, clientId="c"),
        deal_event("updated", 2, title=None, score=None, clientId=None),
    )
    assert (records[DEAL]["title"], records[DEAL]["client"]) == (None, None)
    assert records[DEAL]["extra"] == {"score": None}


def test_an_older_null_blanks_nothing() -> None:
    records = records_after(deal_event("updated", 1, title=None), deal_event("updated", 2, title="said"))
    assert records[DEAL]["title"] == "said"


def test_a_null_in_an_embedded_copy_writes_nothing() -> None:
    records = records_after(
        client_event("updated", 1, name="Acme", score=1),
        deal_event("updated", 2, client={"id": "c", "name": None, "score": None}),
    )
    assert (records[CLIENT]["name"], records[CLIENT]["extra"]) == ("Acme", {"score": 1})


def test_a_null_beside_a_reference_writes_nothing() -> None:
    records = records_after(
        build_event("heffl", "lead.updated", 1, {"id": "l", "name": "Jane"}),
        deal_event("updated", 2, leadId="l", leadName=None),
    )
    assert records[LEAD]["name"] == "Jane"


def test_a_null_reference_in_a_copy_writes_nothing() -> None:
    records = records_after(
        deal_event("updated", 1, clientId="c"),
        build_event("heffl", "quotation.updated", 2, {"id": "q", "deal": {"id": "d", "clientId": None}}),
    )
    assert records[DEAL]["client"] == "c"


# Copies.


def test_an_embedded_copy_writes_the_embedded_records_registers() -> None:
    records = records_after(deal_event("updated", 1, client={"id": "c", "name": "Acme", "score": 1}))
    assert records[DEAL]["client"] == "c"
    assert (records[CLIENT]["name"], records[CLIENT]["extra"]) == ("Acme", {"score": 1})
    assert not records[CLIENT]["is_placeholder"]


def test_a_scalar_beside_a_reference_is_a_copy_of_that_one_field() -> None:
    records = records_after(
        build_event("heffl", "lead.updated", 1, {"id": "l", "name": "Jane", "email": "jane@example.com"}),
        deal_event("updated", 2, leadId="l", leadName="Jane Doe"),
    )
    assert (records[LEAD]["name"], records[LEAD]["email"]) == ("Jane Doe", "jane@example.com")


def test_an_older_copy_does_not_overwrite_the_records_own_word() -> None:
    records = records_after(
        deal_event("updated", 1, client={"id": "c", "name": "copy"}), client_event("updated", 2, name="own")
    )
    assert records[CLIENT]["name"] == "own"


@pytest.mark.parametrize("name", ["copy", "another", "third", "fourth"])
def test_a_copy_of_the_same_time_does_not_overwrite_the_records_own_word(name: str) -> None:
    records = records_after(
        deal_event("updated", 1, client={"id": "c", "name": name}), client_event("updated", 1, name="own")
    )
    assert records[CLIENT]["name"] == "own"


def test_a_newer_copy_overwrites_the_records_own_word() -> None:
    records = records_after(
        client_event("updated", 1, name="own"), deal_event("updated", 2, client={"id": "c", "name": "copy"})
    )
    assert records[CLIENT]["name"] == "copy"


def test_a_copy_in_the_event_of_another_record_says_nothing_of_its_existence() -> None:
    records = records_after(
        client_event("deleted", 1), deal_event("updated", 2, client={"id": "c", "name": "copy"})
    )
    assert (records[CLIENT]["is_deleted"], records[CLIENT]["name"]) == (True, "copy")

"""Each rule of docs/convergence.md about records, by the fewest events that show it, in its order.

`after` applies them in every order, in one batch and one at a time, and refuses results that differ.
What the event log promises is in tests/events/test_rules.py, what is derived in test_derived_rules.py.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from entities.log import StoredEvent
from entities.settle import settle
from tests.entities import held
from tests.entities.histories import source, store
from tests.entities.telling import after, in_every_way, said

pytestmark = pytest.mark.django_db

DEAL, CLIENT, LEAD = ("deal", "", "d"), ("client", "", "c"), ("lead", "", "l")
CONTACT, INVOICE = ("contact", "sa", "ct"), ("invoice", "", "i")


def at(minute: int) -> datetime:
    return datetime(2025, 1, 15, 10, minute, tzinfo=UTC)


def deal(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return said("heffl", f"deal.{verb}", minute, {"id": "d"} | payload)


def client(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return said("heffl", f"client.{verb}", minute, {"id": "c"} | payload)


def contact(verb: str, minute: Any, **payload: Any) -> StoredEvent:
    return said("seedly", f"contact.{verb}", minute, {"subAccountId": "sa", "contactId": "ct"} | payload)


def task(minute: Any, **payload: Any) -> StoredEvent:
    """One of the contact's, but not its own."""
    said_of = {"subAccountId": "sa", "taskId": "t", "contactId": "ct"}
    return said("seedly", "task.updated", minute, said_of | payload)


# A record is known by its source, its scope and its external id.


def test_equal_ids_in_two_sources_are_two_records() -> None:
    events = tuple(
        said("heffl", "deal.updated", 1, {"id": "d", "title": slug}, slug) for slug in ("one", "two")
    )
    titles = in_every_way(events, lambda: sorted(cells["title"] for cells in held.records().values()))
    assert titles == ["one", "two"]


def test_equal_ids_in_two_sub_accounts_are_two_records() -> None:
    records = after(
        contact("updated", 1, firstName="Ann"),
        contact("updated", 2, firstName="Bea", subAccountId="sb"),
        contact("updated", 3, firstName="Cleo", subAccountId=None),
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
    records = after(
        contact("updated", 1, locationId="loc_1"), contact("updated", 2), contact("updated", 3, locationId=2)
    )
    assert records["subaccount", "", "sa"]["location_id"] == "2"
    assert set(records) == {CONTACT, ("subaccount", "", "sa")}
    assert records[CONTACT]["extra"] == {}


def test_an_id_is_the_same_as_a_number_and_as_text() -> None:
    assert set(after(deal("updated", 1, id=7), deal("updated", 2, id="7"))) == {("deal", "", "7")}


# Every field is a last-writer-wins register; its clock is (event time, rank, digest).


def test_an_older_event_does_not_overwrite_a_newer_one() -> None:
    records = after(deal("updated", 1, title="older"), deal("updated", 2, title="newer"))
    assert records[DEAL]["title"] == "newer"


def test_each_field_has_a_clock_of_its_own() -> None:
    records = after(
        deal("updated", 1, title="1", number="1", priority="1"),
        deal("updated", 2, title="2", number="2"),
        deal("updated", 3, title="3"),
    )
    assert [records[DEAL][name] for name in ("title", "number", "priority")] == ["3", "2", "1"]


def test_times_are_compared_to_the_microsecond_and_across_zones() -> None:
    records = after(
        deal("updated", "2025-01-15T10:00:00.000002Z", title="newest"),
        deal("updated", "2025-01-15T15:30:00.000001+05:30", title="newer"),
        deal("updated", 1736935200000, title="oldest"),
    )
    assert records[DEAL]["title"] == "newest"


@pytest.mark.parametrize(("lower", "higher"), [("created", "updated"), ("created", "stageChanged")])
def test_at_equal_times_rank_decides(lower: str, higher: str) -> None:
    for title in ("one", "other"):
        records = after(deal(lower, 1, title="lower"), deal(higher, 1, title=title))
        assert records[DEAL]["title"] == title


def test_at_equal_times_a_deletion_ranks_highest() -> None:
    for title in ("one", "other"):
        records = after(deal("updated", 1, title="lower"), deal("deleted", 1, title=title))
        assert (records[DEAL]["title"], records[DEAL]["is_deleted"]) == (title, True)


def test_at_equal_times_a_creation_ranks_above_a_copy() -> None:
    for name in ("one", "other"):
        records = after(
            deal("updated", 1, client={"id": "c", "name": "copy"}), client("created", 1, name=name)
        )
        assert records[CLIENT]["name"] == name


def test_at_equal_times_and_ranks_the_digest_decides() -> None:
    events = [deal("updated", 1, title=title) for title in ("a", "b", "c")]
    last = max(events, key=lambda event: event.digest)
    assert after(*events)[DEAL]["title"] == "abc"[events.index(last)]


# Absent is not null.


def test_an_absent_field_writes_nothing() -> None:
    records = after(deal("updated", 1, title="said", score=1), deal("updated", 2, number="7"))
    assert (records[DEAL]["title"], records[DEAL]["extra"]) == ("said", {"score": 1})


def test_a_null_in_the_records_own_event_writes_null() -> None:
    records = after(
        deal("updated", 1, title="said", score=1, clientId="c"),
        deal("updated", 2, title=None, score=None, clientId=None),
    )
    assert (records[DEAL]["title"], records[DEAL]["client"]) == (None, None)
    assert records[DEAL]["extra"] == {"score": None}


def test_an_older_null_blanks_nothing() -> None:
    records = after(deal("updated", 1, title=None), deal("updated", 2, title="said"))
    assert records[DEAL]["title"] == "said"


def test_a_null_in_an_embedded_copy_writes_nothing() -> None:
    records = after(
        client("updated", 1, name="Acme", score=1),
        deal("updated", 2, client={"id": "c", "name": None, "score": None}),
    )
    assert (records[CLIENT]["name"], records[CLIENT]["extra"]) == ("Acme", {"score": 1})


def test_a_null_beside_a_reference_writes_nothing() -> None:
    records = after(
        said("heffl", "lead.updated", 1, {"id": "l", "name": "Jane"}),
        deal("updated", 2, leadId="l", leadName=None),
    )
    assert records[LEAD]["name"] == "Jane"


def test_a_null_reference_in_a_copy_writes_nothing() -> None:
    records = after(
        deal("updated", 1, clientId="c"),
        said("heffl", "quotation.updated", 2, {"id": "q", "deal": {"id": "d", "clientId": None}}),
    )
    assert records[DEAL]["client"] == "c"


# Copies.


def test_an_embedded_copy_writes_the_embedded_records_registers() -> None:
    records = after(deal("updated", 1, client={"id": "c", "name": "Acme", "score": 1}))
    assert records[DEAL]["client"] == "c"
    assert (records[CLIENT]["name"], records[CLIENT]["extra"]) == ("Acme", {"score": 1})
    assert not records[CLIENT]["is_placeholder"]


def test_a_scalar_beside_a_reference_is_a_copy_of_that_one_field() -> None:
    records = after(
        said("heffl", "lead.updated", 1, {"id": "l", "name": "Jane", "email": "jane@example.com"}),
        deal("updated", 2, leadId="l", leadName="Jane Doe"),
    )
    assert (records[LEAD]["name"], records[LEAD]["email"]) == ("Jane Doe", "jane@example.com")


def test_an_older_copy_does_not_overwrite_the_records_own_word() -> None:
    records = after(deal("updated", 1, client={"id": "c", "name": "copy"}), client("updated", 2, name="own"))
    assert records[CLIENT]["name"] == "own"


@pytest.mark.parametrize("name", ["copy", "another", "third", "fourth"])
def test_a_copy_of_the_same_time_does_not_overwrite_the_records_own_word(name: str) -> None:
    records = after(deal("updated", 1, client={"id": "c", "name": name}), client("updated", 1, name="own"))
    assert records[CLIENT]["name"] == "own"


def test_a_newer_copy_overwrites_the_records_own_word() -> None:
    records = after(client("updated", 1, name="own"), deal("updated", 2, client={"id": "c", "name": "copy"}))
    assert records[CLIENT]["name"] == "copy"


def test_a_copy_in_the_event_of_another_record_says_nothing_of_its_existence() -> None:
    records = after(client("deleted", 1), deal("updated", 2, client={"id": "c", "name": "copy"}))
    assert (records[CLIENT]["is_deleted"], records[CLIENT]["name"]) == (True, "copy")


# Whole values, and what no column holds.


def test_a_document_is_one_whole_value() -> None:
    records = after(
        deal("updated", 1, customFields={"a": 1, "b": {"c": 2}}), deal("updated", 2, customFields={"b": {}})
    )
    assert records[DEAL]["custom_fields"] == {"b": {}}


def test_form_answers_are_one_whole_value() -> None:
    events = [
        said("heffl", "form.response.created", minute, {"id": "f", "data": answers})
        for minute, answers in ((1, {"a": 1, "b": 2}), (2, {"b": 3}))
    ]
    assert after(*events)["formsubmission", "", "f"]["answers"] == {"b": 3}


def test_extra_is_one_register_a_key() -> None:
    records = after(
        deal("updated", 1, score=1, note="a"), deal("updated", 2, score=2), deal("updated", 3, flag=[True])
    )
    assert records[DEAL]["extra"] == {"score": 2, "note": "a", "flag": [True]}


def test_a_key_with_a_plus_sign_is_kept_like_any_other() -> None:
    """It once was taken for an added tag, and the record's next event failed."""
    records = after(deal("updated", 1, **{"a+b": 1}), deal("updated", 2, title="T"))
    assert (records[DEAL]["extra"], records[DEAL]["title"]) == ({"a+b": 1}, "T")


def test_what_cannot_be_converted_leaves_a_warning_and_the_rest_of_the_event_is_applied() -> None:
    event = deal("updated", 1, price="a lot", title="T", expectedCloseDate="soon")
    cells = after(event)[DEAL]
    assert (cells["value"], cells["expected_close_date"], cells["title"]) == (None, None, "T")
    assert cells["extra"] == {"price": "a lot", "expectedCloseDate": "soon"}
    (outcome,) = settle([event])
    assert outcome.verdict == "applied"
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["expectedCloseDate", "price"]


def test_what_cannot_be_converted_is_newer_than_an_older_good_value() -> None:
    records = after(deal("updated", 1, price=5), deal("updated", 2, price="a lot"))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (None, {"price": "a lot"})


def test_what_cannot_be_converted_is_older_than_a_newer_good_value() -> None:
    records = after(deal("updated", 1, price="a lot"), deal("updated", 2, price=5))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (Decimal(5), {})


def test_what_cannot_be_converted_goes_when_a_newer_value_lands_under_another_name() -> None:
    records = after(deal("updated", 1, title={"en": "T"}), deal("updated", 2, name="N"))
    assert (records[DEAL]["title"], records[DEAL]["extra"]) == ("N", {})


def test_a_newer_null_too_ends_what_cannot_be_converted() -> None:
    records = after(deal("updated", 1, price="a lot"), deal("updated", 2, price=None))
    assert (records[DEAL]["value"], records[DEAL]["extra"]) == (None, {})


def test_a_reference_that_cannot_be_one_is_null_and_raw() -> None:
    records = after(deal("updated", 1, clientId="c"), deal("updated", 2, clientId=True))
    assert (records[DEAL]["client"], records[DEAL]["extra"]) == (None, {"clientId": True})


# Tags.


def test_tags_are_the_newest_whole_set() -> None:
    records = after(contact("updated", 1, tags=["a", "b"]), contact("updated", 2, tags=["b", "c"]))
    assert records[CONTACT]["tags"] == ["b", "c"]


def test_an_addition_newer_than_the_set_is_in_it() -> None:
    records = after(contact("updated", 1, tags=["a"]), contact("tag_added", 2, tagName="vip"))
    assert records[CONTACT]["tags"] == ["a", "vip"]


def test_an_addition_older_than_the_set_is_not() -> None:
    records = after(contact("tag_added", 1, tagName="vip"), contact("updated", 2, tags=["a"]))
    assert records[CONTACT]["tags"] == ["a"]


def test_each_addition_has_a_clock_of_its_own() -> None:
    records = after(
        contact("tag_added", 1, tagName="old"),
        contact("updated", 2, tags=["a"]),
        contact("tag_added", 3, tagName="new"),
    )
    assert records[CONTACT]["tags"] == ["a", "new"]


def test_an_addition_said_again_after_the_set_is_in_it() -> None:
    records = after(
        contact("tag_added", 1, tagName="vip"),
        contact("updated", 2, tags=[]),
        contact("tag_added", 3, tagName="vip"),
    )
    assert records[CONTACT]["tags"] == ["vip"]


def test_additions_without_a_set_are_the_tags() -> None:
    records = after(contact("tag_added", 1, tagName="b"), contact("tag_added", 2, tagName="a"))
    assert records[CONTACT]["tags"] == ["a", "b"]


def test_any_event_that_carries_the_contacts_tags_writes_the_set() -> None:
    records = after(contact("updated", 1, tags=["a"]), task(2, tags=["b"]))
    assert records[CONTACT]["tags"] == ["b"]
    records = after(contact("tag_added", 1, tagName="vip"), task(2, tags=["b"]))
    assert records[CONTACT]["tags"] == ["b"]
    records = after(task(1, tags=["b"]), contact("tag_added", 2, tagName="vip"))
    assert records[CONTACT]["tags"] == ["b", "vip"]


def test_a_null_set_is_null_and_ends_older_additions() -> None:
    records = after(contact("tag_added", 1, tagName="vip"), contact("updated", 2, tags=None))
    assert records[CONTACT]["tags"] is None


# Existence.


def test_a_deleted_record_stays_and_is_marked() -> None:
    records = after(deal("updated", 1, title="T"), deal("deleted", 2))
    cells = records[DEAL]
    assert (cells["is_deleted"], cells["deleted_at"], cells["title"]) == (True, at(2), "T")


def test_a_late_update_does_not_bring_a_deleted_record_back() -> None:
    records = after(deal("deleted", 2), deal("updated", 1, title="late"), deal("created", 0))
    assert (records[DEAL]["is_deleted"], records[DEAL]["title"]) == (True, "late")


def test_a_newer_update_brings_a_deleted_record_back() -> None:
    records = after(deal("deleted", 1), deal("updated", 2))
    assert (records[DEAL]["is_deleted"], records[DEAL]["deleted_at"]) == (False, None)


def test_a_record_that_was_deleted_again_is_deleted_since_then() -> None:
    records = after(deal("deleted", 1), deal("updated", 2), deal("deleted", 3))
    assert records[DEAL]["deleted_at"] == at(3)


def test_a_deletion_alone_makes_a_deleted_record() -> None:
    cells = after(deal("deleted", 1))[DEAL]
    assert (cells["is_deleted"], cells["is_placeholder"]) == (True, False)


def test_a_reference_does_not_bring_a_deleted_record_back() -> None:
    records = after(client("deleted", 1), deal("updated", 2, clientId="c"))
    assert (records[CLIENT]["is_deleted"], records[DEAL]["client"]) == (True, "c")


# Placeholders and references.


def test_a_record_that_is_only_referred_to_is_a_placeholder_with_its_key_alone() -> None:
    cells = after(deal("updated", 1, clientId="c"))[CLIENT]
    assert cells["is_placeholder"]
    assert {name for name, value in cells.items() if value} == {"is_placeholder"}


@pytest.mark.parametrize("minute", [0, 1, 2])
def test_a_placeholder_ends_with_the_records_own_event_or_a_copy(minute: int) -> None:
    referring = deal("updated", 1, clientId="c")
    assert not after(referring, client("updated", minute))[CLIENT]["is_placeholder"]
    copy = deal("updated", minute, id="d2", client={"id": "c", "name": "Acme"})
    assert not after(referring, copy)[CLIENT]["is_placeholder"]


def test_a_copy_of_nulls_says_nothing_and_leaves_a_placeholder() -> None:
    assert after(deal("updated", 1, client={"id": "c", "name": None}))[CLIENT]["is_placeholder"]


def test_a_sub_account_that_nothing_was_said_of_is_a_placeholder() -> None:
    assert after(contact("updated", 1))["subaccount", "", "sa"]["is_placeholder"]


def test_a_reference_is_never_to_another_source() -> None:
    referring = said("heffl", "deal.updated", 1, {"id": "d", "clientId": "c"}, "one")
    elsewhere = said("heffl", "client.updated", 2, {"id": "c", "name": "Elsewhere"}, "two")
    records = in_every_way((referring, elsewhere), held.records)
    clients = {key.source: cells["name"] for key, cells in records.items() if key.model == "client"}
    assert clients == {referring.source_id: None, elsewhere.source_id: "Elsewhere"}
    assert records[next(key for key in records if key.model == "deal")]["client"] == "c"


def test_a_reference_is_never_to_another_scope() -> None:
    records = after(task(1), contact("updated", 2, subAccountId="sb", firstName="Elsewhere"))
    assert records["task", "sa", "t"]["contact"] == "ct"
    assert records[CONTACT]["is_placeholder"]
    assert records["contact", "sb", "ct"]["first_name"] == "Elsewhere"


# Facts without an id.


def test_a_fact_without_an_id_is_keyed_by_its_events_digest() -> None:
    events = [said("heffl", "payment.received", 1, {"amount": amount}) for amount in (1, 2)]
    records = after(*events)
    assert {key: cells["amount"] for key, cells in records.items()} == {
        ("payment", "", event.digest): amount for event, amount in zip(events, (1, 2), strict=True)
    }


# The event's time.


@pytest.mark.parametrize(
    ("time", "warning"),
    [
        (None, "no event time: the time of receipt counts"),
        ("soon", "event time: not a time in ISO 8601 or epoch milliseconds; the time of receipt counts"),
        (True, "event time: a boolean is not a time; the time of receipt counts"),
        (
            "2026-01-02T00:00:00.000001Z",
            "event time 2026-01-02T00:00:00.000001+00:00 is ahead of its receipt; the time of receipt counts",
        ),
    ],
)
def test_a_time_that_is_missing_unreadable_or_too_far_ahead_counts_as_the_receipts(
    time: Any, warning: str
) -> None:
    """What `tests.entities.histories` stores is received at the beginning of 2026."""
    event = deal("deleted", time)
    cells = after(event, deal("updated", "2025-12-31T23:59:59Z"))[DEAL]
    assert (cells["is_deleted"], cells["deleted_at"]) == (True, datetime(2026, 1, 1, tzinfo=UTC))
    assert [outcome.warnings for outcome in settle([event])] == [(warning,)]


def test_a_time_more_than_a_day_ahead_counts_as_the_receipts() -> None:
    records = after(deal("updated", "2026-01-02T00:00:01Z", title="ahead"), deal("updated", 1, title="T"))
    assert records[DEAL]["clocks"]["title"].startswith("2026-01-01T00:00:00.000000Z")


def test_a_time_up_to_a_day_ahead_counts() -> None:
    event = deal("deleted", "2026-01-02T00:00:00Z")
    assert after(event)[DEAL]["deleted_at"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert [outcome.warnings for outcome in settle([event])] == [()]


def test_a_body_without_the_key_of_the_time_counts_as_of_its_receipt() -> None:
    event = deal("deleted", 1)
    bare = event.body.replace(b'"timestamp"', b'"when"')
    assert after(store(source("heffl"), bare))[DEAL]["deleted_at"] == datetime(2026, 1, 1, tzinfo=UTC)

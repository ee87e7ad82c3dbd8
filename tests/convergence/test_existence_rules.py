"""Each rule of docs/convergence.md about existence, placeholders and times, by the fewest events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.writing.process_batch import process_batch
from tests.support import table_contents
from tests.support.event_builders import (
    CLIENT,
    CONTACT,
    DEAL,
    apply_in_every_way,
    build_event,
    client_event,
    contact_event,
    deal_event,
    records_after,
    task_event,
    time_at,
)
from tests.support.random_histories import ensure_source, store_event

pytestmark = pytest.mark.django_db


# Existence.


def test_a_deleted_record_stays_and_is_marked() -> None:
    records = records_after(deal_event("updated", 1, title="T"), deal_event("deleted", 2))
    cells = records[DEAL]
    assert (cells["is_deleted"], cells["deleted_at"], cells["title"]) == (True, time_at(2), "T")


def test_a_late_update_does_not_bring_a_deleted_record_back() -> None:
    records = records_after(
        deal_event("deleted", 2), deal_event("updated", 1, title="late"), deal_event("created", 0)
    )
    assert (records[DEAL]["is_deleted"], records[DEAL]["title"]) == (True, "late")


def test_a_newer_update_brings_a_deleted_record_back() -> None:
    records = records_after(deal_event("deleted", 1), deal_event("updated", 2))
    assert (records[DEAL]["is_deleted"], records[DEAL]["deleted_at"]) == (False, None)


def test_a_record_that_was_deleted_again_is_deleted_since_then() -> None:
    records = records_after(deal_event("deleted", 1), deal_event("updated", 2), deal_event("deleted", 3))
    assert records[DEAL]["deleted_at"] == time_at(3)


def test_a_deletion_alone_makes_a_deleted_record() -> None:
    cells = records_after(deal_event("deleted", 1))[DEAL]
    assert (cells["is_deleted"], cells["is_placeholder"]) == (True, False)


def test_a_reference_does_not_bring_a_deleted_record_back() -> None:
    records = records_after(client_event("deleted", 1), deal_event("updated", 2, clientId="c"))
    assert (records[CLIENT]["is_deleted"], records[DEAL]["client"]) == (True, "c")


# Placeholders and references.


def test_a_record_that_is_only_referred_to_is_a_placeholder_with_its_key_alone() -> None:
    cells = records_after(deal_event("updated", 1, clientId="c"))[CLIENT]
    assert cells["is_placeholder"]
    assert {name for name, value in cells.items() if value} == {"is_placeholder", "search keys"}


@pytest.mark.parametrize("minute", [0, 1, 2])
def test_a_placeholder_ends_with_the_records_own_event_or_a_copy(minute: int) -> None:
    referring = deal_event("updated", 1, clientId="c")
    assert not records_after(referring, client_event("updated", minute))[CLIENT]["is_placeholder"]
    copy = deal_event("updated", minute, id="d2", client={"id": "c", "name": "Acme"})
    assert not records_after(referring, copy)[CLIENT]["is_placeholder"]


def test_a_copy_of_nulls_says_nothing_and_leaves_a_placeholder() -> None:
    assert records_after(deal_event("updated", 1, client={"id": "c", "name": None}))[CLIENT]["is_placeholder"]


def test_a_sub_account_that_nothing_was_said_of_is_a_placeholder() -> None:
    assert records_after(contact_event("updated", 1))["subaccount", "", "sa"]["is_placeholder"]


def test_a_reference_is_never_to_another_source() -> None:
    referring = build_event("heffl", "deal.updated", 1, {"id": "d", "clientId": "c"}, "one")
    elsewhere = build_event("heffl", "client.updated", 2, {"id": "c", "name": "Elsewhere"}, "two")
    records = apply_in_every_way((referring, elsewhere), table_contents.read_records)
    clients = {key.source: cells["name"] for key, cells in records.items() if key.model == "client"}
    assert clients == {referring.source_id: None, elsewhere.source_id: "Elsewhere"}
    assert records[next(key for key in records if key.model == "deal")]["client"] == "c"


def test_a_reference_is_never_to_another_scope() -> None:
    records = records_after(
        task_event(1), contact_event("updated", 2, subAccountId="sb", firstName="Elsewhere")
    )
    assert records["task", "sa", "t"]["contact"] == "ct"
    assert records[CONTACT]["is_placeholder"]
    assert records["contact", "sb", "ct"]["first_name"] == "Elsewhere"


# Facts without an id.


def test_a_fact_without_an_id_is_keyed_by_its_events_digest() -> None:
    events = [build_event("heffl", "payment.received", 1, {"amount": amount}) for amount in (1, 2)]
    records = records_after(*events)
    assert {key: cells["amount"] for key, cells in records.items()} == {
        ("payment", "", event.digest): amount for event, amount in zip(events, (1, 2), strict=True)
    }


# The event's time.


@pytest.mark.parametrize(
    ("time", "warning"),
    [
        (None, "no event time: the time of receipt counts"),
        (
            "soon",
            "event time: not a time in ISO 8601, nor in epoch seconds, milliseconds or microseconds;"
            " the time of receipt counts",
        ),
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
    """`tests.support.random_histories` stores events with a receipt at the beginning of 2026."""
    event = deal_event("deleted", time)
    cells = records_after(event, deal_event("updated", "2025-12-31T23:59:59Z"))[DEAL]
    assert (cells["is_deleted"], cells["deleted_at"]) == (True, datetime(2026, 1, 1, tzinfo=UTC))
    assert [outcome.warnings for outcome in process_batch([event])] == [(warning,)]


def test_a_time_more_than_a_day_ahead_counts_as_the_receipts() -> None:
    records = records_after(
        deal_event("updated", "2026-01-02T00:00:01Z", title="ahead"), deal_event("updated", 1, title="T")
    )
    assert records[DEAL]["clocks"]["title"].startswith("2026-01-01T00:00:00.000000Z")


def test_a_time_up_to_a_day_ahead_counts() -> None:
    event = deal_event("deleted", "2026-01-02T00:00:00Z")
    assert records_after(event)[DEAL]["deleted_at"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert [outcome.warnings for outcome in process_batch([event])] == [()]


def test_a_body_without_the_key_of_the_time_counts_as_of_its_receipt() -> None:
    event = deal_event("deleted", 1)
    bare = event.body.replace(b'"timestamp"', b'"when"')
    assert records_after(store_event(ensure_source("heffl"), bare))[DEAL]["deleted_at"] == datetime(
        2026, 1, 1, tzinfo=UTC
    )

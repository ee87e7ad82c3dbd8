"""Each rule of docs/convergence.md about derived values, by the fewest events that show it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.models import Deal
from entities.provenance import find_provenance
from entities.stored_events import StoredEvent
from tests.support import table_contents
from tests.support.event_builders import (
    DEAL,
    apply_in_every_way,
    build_event,
    deal_event,
    records_after,
    time_at,
)
from tests.support.record_writes import Key

pytestmark = pytest.mark.django_db

INVOICE = ("invoice", "", "i")


def invoice(minute: int, verb: str = "updated", **payload: Any) -> StoredEvent:
    return build_event("heffl", f"invoice.{verb}", minute, {"id": "i"} | payload)


def opportunity(verb: str, minute: int, **payload: Any) -> StoredEvent:
    return build_event("seedly", f"opportunity.{verb}", minute, {"opportunityId": "d"} | payload)


def closed_at(*events: StoredEvent) -> datetime | None:
    return records_after(*events)[DEAL]["closed_at"]


# The timeline, and what is derived from it.


def test_the_timeline_is_what_each_event_said_of_each_record_whether_or_not_it_won() -> None:
    events = deal_event("updated", 1, title="older"), deal_event("deleted", 2, title="newer", clientId="c")
    source = events[0].source_id
    timeline = apply_in_every_way(
        events, lambda: {(key, id): wrote for (key, id, _), wrote in table_contents.read_timeline().items()}
    )
    record = Key(source, *DEAL)
    assert timeline == {
        (record, events[0].id): {"title": "older", "exists": True},
        (record, events[1].id): {"title": "newer", "client": "c", "exists": False},
        (Key(source, "client", "", "c"), events[1].id): {},
    }


def test_the_history_of_a_tracked_field_is_every_value_in_the_order_of_clocks() -> None:
    events = tuple(deal_event("stageChanged", minute, stage=f"S{minute}") for minute in (1, 2, 3))
    timeline = apply_in_every_way(
        events,
        lambda: [
            table_contents.read_timeline()[key]["stage_name"]
            for key in sorted(table_contents.read_timeline(), key=_clock)
        ],
    )
    assert timeline == ["S1", "S2", "S3"]


def _clock(entry: tuple[Key, int, str]) -> str:
    return entry[2]


def test_each_fields_provenance_is_the_event_that_its_value_is_from() -> None:
    first, second = (
        deal_event("updated", 1, title="T", status="won"),
        deal_event("updated", 2, title="U", score=1),
    )
    origins = apply_in_every_way(
        (first, second),
        lambda: {name: origin.event_id for name, origin in find_provenance(Deal.objects.get()).items()},
    )
    assert origins == {
        "title": second.id,
        "extra.score": second.id,
        "exists": second.id,
        "status": first.id,
        "vendor_status": first.id,
        "closed_at": first.id,
        "won_at": first.id,
        "status_since": first.id,
        "first_event_at": first.id,
        "last_event_at": second.id,
    }


# A deal's closed_at: when its present status, won or lost, began.


def test_a_deal_that_is_open_was_never_closed() -> None:
    assert closed_at(deal_event("updated", 1, status="open")) is None
    assert closed_at(deal_event("updated", 1, title="T")) is None


def test_a_deal_is_closed_when_its_present_status_began() -> None:
    events = [deal_event("updated", minute, status=status) for minute, status in ((1, "lost"), (2, "WON"))]
    again = deal_event("updated", 3, status="Won")
    assert closed_at(*events, again, deal_event("updated", 4, title="T")) == time_at(2)


def test_a_deal_that_was_won_on_one_day_and_lost_on_a_later_one_is_closed_on_the_later() -> None:
    monday, friday = "2025-03-03T10:00:00Z", "2025-03-07T10:00:00Z"
    won, lost = deal_event("updated", monday, status="WON"), deal_event("updated", friday, status="LOST")
    assert closed_at(won, lost) == datetime(2025, 3, 7, 10, tzinfo=UTC)


def test_a_late_open_in_the_middle_breaks_the_run() -> None:
    won = [deal_event("updated", minute, status="won") for minute in (1, 3)]
    assert closed_at(*won) == time_at(1)
    assert closed_at(*won, deal_event("updated", 2, status="open")) == time_at(3)


def test_a_late_won_at_the_beginning_lengthens_the_run() -> None:
    assert closed_at(
        deal_event("updated", 2, status="won"), deal_event("updated", 1, status="won")
    ) == time_at(1)


def test_a_deal_that_was_reopened_is_not_closed() -> None:
    assert closed_at(deal_event("updated", 1, status="won"), deal_event("updated", 2, status="open")) is None
    assert closed_at(deal_event("updated", 1, status="won"), deal_event("updated", 2, status=None)) is None


def test_a_deal_is_closed_by_a_copy_too() -> None:
    copy = build_event("heffl", "quotation.updated", 1, {"id": "q", "deal": {"id": "d", "status": "WON"}})
    assert closed_at(deal_event("updated", 2, status="won"), copy) == time_at(1)


def test_an_invoices_own_word_of_its_payment_comes_first() -> None:
    events = invoice(1, status="paid"), invoice(2, paidAt="2025-01-14T00:00:00Z")
    assert records_after(*events)[INVOICE]["paid_at"] == datetime(2025, 1, 14, tzinfo=UTC)


def test_an_invoice_is_paid_when_its_run_of_paid_began_where_nobody_says_when() -> None:
    events = invoice(1, "paid"), invoice(2, status="paid"), invoice(3, status="PAID", paidAt=None)
    assert records_after(*events)[INVOICE]["paid_at"] == time_at(1)


def test_an_unreadable_time_of_payment_leaves_the_derived_one_whatever_else_is_said_later() -> None:
    events = invoice(1, status="paid"), invoice(2, paidAt="soon"), invoice(3, number="INV-1")
    assert records_after(*events)[INVOICE]["paid_at"] == time_at(1)


# The beginnings of a deal's statuses and stages, and the times of a record's own events.


def test_won_and_lost_are_the_beginnings_of_exactly_that_status() -> None:
    won, lost = deal_event("updated", 1, status="won"), deal_event("updated", 2, status="lost")
    cells = records_after(won, lost)[DEAL]
    assert (cells["won_at"], cells["lost_at"], cells["status_since"]) == (None, time_at(2), time_at(2))
    cells = records_after(won)[DEAL]
    assert (cells["won_at"], cells["lost_at"], cells["status_since"]) == (time_at(1), None, time_at(1))


def test_a_reopened_deal_is_neither_won_nor_lost_and_open_since_then() -> None:
    cells = records_after(
        deal_event("updated", 1, status="open"),
        deal_event("updated", 2, status="lost"),
        deal_event("updated", 3, status="open"),
    )[DEAL]
    assert (cells["won_at"], cells["lost_at"], cells["status_since"]) == (None, None, time_at(3))


def test_a_status_that_was_cleared_began_at_no_time() -> None:
    events = deal_event("updated", 1, status="open"), deal_event("updated", 2, status=None)
    assert records_after(*events)[DEAL]["status_since"] is None


@pytest.mark.parametrize(
    ("stages", "minute"),
    [
        ([{"stageId": 1, "stage": "New"}, {"stageId": 2, "stage": "Offer"}], 2),
        ([{"stageId": 1, "stage": "New"}, {"stageId": 1, "stage": "Brand new"}], 1),
        ([{"stageId": 1, "stage": "New"}, {"stageId": 2, "stage": "New"}], 2),
        ([{"stage": "New"}, {"stage": "New"}], 1),
        ([{"stage": "New"}, {"stage": "Offer"}, {"stage": "New"}], 3),
        ([{"stage": "New"}, {"stageId": 1}, {"stageId": 1, "stage": "New"}], 1),
        ([{"stageId": 1}, {"title": "T"}, {"stageId": 1}], 1),
        ([{"stageId": 1, "stage": "New"}, {"stageId": None, "stage": None}], None),
    ],
    ids=[
        "another stage",
        "another name",
        "another id of that name",
        "no ids",
        "back again",
        "an id that comes later",
        "no word of it in between",
        "cleared",
    ],
)
def test_a_stage_is_known_by_its_id_and_without_ids_by_its_name(
    stages: list[dict[str, Any]], minute: int | None
) -> None:
    events = [deal_event("updated", place, **stage) for place, stage in enumerate(stages, 1)]
    expected = time_at(minute) if minute else None
    assert records_after(*events)[DEAL]["stage_since"] == expected


def test_a_stage_with_the_same_id_goes_on_under_another_name() -> None:
    events = [deal_event("updated", minute, stageId=1, stage=f"S{minute}") for minute in (1, 2)]
    assert records_after(*events)[DEAL]["stage_since"] == time_at(1)


def test_a_stage_without_ids_is_known_by_its_name() -> None:
    events = [deal_event("updated", minute, stage=stage) for minute, stage in ((1, "New"), (2, "Offer"))]
    assert records_after(*events)[DEAL]["stage_since"] == time_at(2)


def test_the_first_and_last_event_are_the_records_own() -> None:
    copy = build_event("heffl", "quotation.updated", 0, {"id": "q", "deal": {"id": "d", "title": "T"}})
    reference = build_event("heffl", "quotation.updated", 9, {"id": "q", "dealId": "d"})
    cells = records_after(copy, deal_event("updated", 2), deal_event("created", 5), reference)[DEAL]
    assert (cells["first_event_at"], cells["last_event_at"]) == (time_at(2), time_at(5))


def test_a_record_without_an_own_event_has_neither_a_first_nor_a_last() -> None:
    copy = build_event("heffl", "quotation.updated", 1, {"id": "q", "deal": {"id": "d", "title": "T"}})
    cells = records_after(copy)[DEAL]
    assert (cells["first_event_at"], cells["last_event_at"]) == (None, None)


def test_a_late_event_that_changes_nothing_is_the_first() -> None:
    cells = records_after(deal_event("updated", 2, title="new"), deal_event("updated", 1, title="old"))[DEAL]
    assert (cells["title"], cells["first_event_at"]) == ("new", time_at(1))


# Statuses.


@pytest.mark.parametrize(
    ("vendor_status", "status"),
    [
        ("ACTIVE", "open"),
        ("WON", "won"),
        ("Lost", "lost"),
        ("ABANDONED", "abandoned"),
        ("On Hold", "on hold"),
    ],
)
def test_a_status_is_the_common_word_beside_the_vendors_own(vendor_status: str, status: str) -> None:
    cells = records_after(deal_event("updated", 1, status=vendor_status))[DEAL]
    assert (cells["status"], cells["vendor_status"]) == (status, vendor_status)


def test_deals_of_all_vendors_have_the_same_words() -> None:
    assert [
        records_after(event)[DEAL]["status"]
        for event in (
            deal_event("updated", 1, status="ACTIVE"),
            opportunity("created", 1),
            deal_event("updated", 1, status="WON"),
            opportunity("won", 1),
            opportunity("lost", 1),
        )
    ] == ["open", "open", "won", "won", "lost"]

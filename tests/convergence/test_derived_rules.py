"""Each rule of docs/convergence.md about derived values, by the fewest events that show it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.models import Deal
from entities.provenance import find_provenance
from entities.stored_events import StoredEvent
from tests.support import table_contents
from tests.support.event_builders import DEAL, after, at, deal, in_every_way, said
from tests.support.oracle import Key

pytestmark = pytest.mark.django_db

INVOICE = ("invoice", "", "i")


def invoice(minute: int, verb: str = "updated", **payload: Any) -> StoredEvent:
    return said("heffl", f"invoice.{verb}", minute, {"id": "i"} | payload)


def opportunity(verb: str, minute: int, **payload: Any) -> StoredEvent:
    return said("seedly", f"opportunity.{verb}", minute, {"opportunityId": "d"} | payload)


def closed_at(*events: StoredEvent) -> datetime | None:
    return after(*events)[DEAL]["closed_at"]


# The timeline, and what is derived from it.


def test_the_timeline_is_what_each_event_said_of_each_record_whether_or_not_it_won() -> None:
    events = deal("updated", 1, title="older"), deal("deleted", 2, title="newer", clientId="c")
    source = events[0].source_id
    timeline = in_every_way(
        events, lambda: {(key, id): wrote for (key, id, _), wrote in table_contents.timeline().items()}
    )
    record = Key(source, *DEAL)
    assert timeline == {
        (record, events[0].id): {"title": "older", "exists": True},
        (record, events[1].id): {"title": "newer", "client": "c", "exists": False},
        (Key(source, "client", "", "c"), events[1].id): {},
    }


def test_the_history_of_a_tracked_field_is_every_value_in_the_order_of_clocks() -> None:
    events = tuple(deal("stageChanged", minute, stage=f"S{minute}") for minute in (1, 2, 3))
    timeline = in_every_way(
        events,
        lambda: [
            table_contents.timeline()[key]["stage_name"]
            for key in sorted(table_contents.timeline(), key=_clock)
        ],
    )
    assert timeline == ["S1", "S2", "S3"]


def _clock(entry: tuple[Key, int, str]) -> str:
    return entry[2]


def test_each_fields_provenance_is_the_event_that_its_value_is_from() -> None:
    first, second = deal("updated", 1, title="T", status="won"), deal("updated", 2, title="U", score=1)
    origins = in_every_way(
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
    }


# A deal's closed_at: when the present unbroken run of won or lost began.


def test_a_deal_that_is_open_was_never_closed() -> None:
    assert closed_at(deal("updated", 1, status="open")) is None
    assert closed_at(deal("updated", 1, title="T")) is None


def test_a_deal_is_closed_when_its_run_of_won_and_lost_began() -> None:
    events = [deal("updated", minute, status=status) for minute, status in ((1, "won"), (2, "lost"))]
    assert closed_at(*events, deal("updated", 3, title="T")) == at(1)


def test_a_late_open_in_the_middle_breaks_the_run() -> None:
    won = [deal("updated", minute, status="won") for minute in (1, 3)]
    assert closed_at(*won) == at(1)
    assert closed_at(*won, deal("updated", 2, status="open")) == at(3)


def test_a_late_won_at_the_beginning_lengthens_the_run() -> None:
    assert closed_at(deal("updated", 2, status="lost"), deal("updated", 1, status="won")) == at(1)


def test_a_deal_that_was_reopened_is_not_closed() -> None:
    assert closed_at(deal("updated", 1, status="won"), deal("updated", 2, status="open")) is None
    assert closed_at(deal("updated", 1, status="won"), deal("updated", 2, status=None)) is None


def test_a_deal_is_closed_by_a_copy_too() -> None:
    copy = said("heffl", "quotation.updated", 1, {"id": "q", "deal": {"id": "d", "status": "WON"}})
    assert closed_at(deal("updated", 2, status="lost"), copy) == at(1)


def test_an_invoices_own_word_of_its_payment_comes_first() -> None:
    events = invoice(1, status="paid"), invoice(2, paidAt="2025-01-14T00:00:00Z")
    assert after(*events)[INVOICE]["paid_at"] == datetime(2025, 1, 14, tzinfo=UTC)


def test_an_invoice_is_paid_when_its_run_of_paid_began_where_nobody_says_when() -> None:
    events = invoice(1, "paid"), invoice(2, status="paid"), invoice(3, status="PAID", paidAt=None)
    assert after(*events)[INVOICE]["paid_at"] == at(1)


def test_an_unreadable_time_of_payment_leaves_the_derived_one_whatever_else_is_said_later() -> None:
    events = invoice(1, status="paid"), invoice(2, paidAt="soon"), invoice(3, number="INV-1")
    assert after(*events)[INVOICE]["paid_at"] == at(1)


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
    cells = after(deal("updated", 1, status=vendor_status))[DEAL]
    assert (cells["status"], cells["vendor_status"]) == (status, vendor_status)


def test_deals_of_all_vendors_have_the_same_words() -> None:
    assert [
        after(event)[DEAL]["status"]
        for event in (
            deal("updated", 1, status="ACTIVE"),
            opportunity("created", 1),
            deal("updated", 1, status="WON"),
            opportunity("won", 1),
            opportunity("lost", 1),
        )
    ] == ["open", "open", "won", "won", "lost"]

"""A rebuild applies the current mapping, and the source's present time zone, to old events too."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from entities.models import Deal
from events.ingest.store import StoreResult, store_event
from events.models import Event
from events.processing.drain import drain_backlog
from events.processing.reapply import reapply
from tests.support.random_histories import RECEIVED, ensure_source
from tests.support.rebuild_helpers import build_deal_body, run_rebuild_mirror, run_verify_mirror, store_bodies

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_field_that_the_mapping_learns_is_filled_from_old_events(teach_vendor: Callable[[], None]) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, closingNote="Signed in person")])
    drain_backlog()
    assert Deal.objects.get().extra == {"closingNote": "Signed in person"}
    teach_vendor()
    assert run_verify_mirror()[0] == 1
    run_rebuild_mirror()
    row = Deal.objects.get()
    assert (row.lost_reason, row.extra) == ("Signed in person", {})
    assert run_verify_mirror()[0] == 0


def test_a_changed_time_zone_counts_for_old_events_after_a_rebuild() -> None:
    source = ensure_source("heffl")
    store_bodies(source, [build_deal_body(1, expectedCloseDate="2026-02-28T20:00:00Z")])
    drain_backlog()
    assert Deal.objects.get().expected_close_date == date(2026, 2, 28)
    source.time_zone = "Asia/Dubai"
    source.save()
    assert run_verify_mirror()[0] == 1
    run_rebuild_mirror()
    assert Deal.objects.get().expected_close_date == date(2026, 3, 1)
    assert run_verify_mirror()[0] == 0


def test_ignored_events_of_a_type_that_is_now_known_are_applied(teach_vendor: Callable[[], None]) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(1, event="deal.archived", title="Old")])
    drain_backlog()
    assert Event.objects.get().status == Event.Status.IGNORED
    teach_vendor()
    run_rebuild_mirror()
    assert Event.objects.get().status == Event.Status.APPLIED
    assert Deal.objects.get().title == "Old"


@pytest.mark.parametrize(
    "mend", [lambda: run_rebuild_mirror(), lambda: (reapply(Event.objects.all()), drain_backlog())]
)
def test_an_event_that_is_no_longer_malformed_has_its_type_and_time_in_the_log(
    teach_vendor: Callable[[], None], mend: Callable[[], Any]
) -> None:
    """The body has the payload under a key that the mapping learns later."""
    body = build_deal_body(1, title="T").replace(b'"payload"', b'"record"')
    stored = store_event(ensure_source("heffl"), body, {}, RECEIVED)
    assert stored.outcome == StoreResult.MALFORMED
    teach_vendor()
    mend()
    event = Event.objects.get()
    assert (event.status, event.error, Deal.objects.get().title) == ("applied", "", "T")
    assert (event.event_type, event.occurred_at) == (
        "deal.updated",
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    )

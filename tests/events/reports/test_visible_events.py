"""Reports count only the events that those who ask see."""

import pytest
from django.utils import timezone

from entities.access.visibility import EVERYTHING, NOTHING, Visibility
from events.models import Event, RefusalCount, Source
from events.refusals.counts import count_last_day, count_last_day_of
from events.reports.failure_reasons import find_failure_reasons
from events.reports.overview import read_log_state, read_source_activity
from events.reports.schema_drift import ReadLimits, find_drift
from events.reports.visible_events import match_visible_events
from tests.support.api_client import create_event, ensure_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def east() -> Source:
    return ensure_source("east")


@pytest.fixture(autouse=True)
def west() -> Source:
    return ensure_source("west")


def make_events(status: Event.Status, *sources: Source) -> None:
    for source in sources:
        create_event(
            source=source,
            status=status,
            event_type="deal.unheard",
            error="Broken",
            received_at=timezone.now(),
        )


def test_drift_counts_only_the_events_that_are_seen(east: Source, west: Source) -> None:
    make_events(Event.Status.IGNORED, east, west, west)
    counts = {
        limits: [
            sum(finding.events for finding in find_drift(1, "", limits, visibility).findings)
            for visibility in (EVERYTHING, Visibility(whole_sources=frozenset({west.pk})), NOTHING)
        ]
        for limits in (ReadLimits(), ReadLimits(1, 1))
    }
    assert counts == {ReadLimits(): [3, 2, 0], ReadLimits(1, 1): [1, 1, 0]}


def test_failed_events_are_counted_only_if_they_are_seen(east: Source, west: Source) -> None:
    make_events(Event.Status.FAILED, east, west, west)
    report = find_failure_reasons("failed", Visibility(whole_sources=frozenset({east.pk})))
    assert [(reason.source_slug, reason.events) for reason in report.reasons] == [("east", 1)]
    assert report.events == 1
    assert find_failure_reasons("failed").events == 3


def test_the_overview_counts_only_the_events_that_are_seen(east: Source, west: Source) -> None:
    make_events(Event.Status.PENDING, west)
    of_east = Visibility(whole_sources=frozenset({east.pk}))
    state = read_log_state(of_east)
    assert (state.received_last_day, state.pending, state.oldest_pending_age) == (0, 0, None)
    (activity,) = read_source_activity(Source.objects.filter(pk=west.pk), of_east)
    assert (activity.last_day.count, activity.pending.count, activity.last_event_at) == (0, 0, None)
    assert read_log_state().pending == 1


def test_refusals_are_counted_only_of_sources_that_are_seen_whole(east: Source, west: Source) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for number, source in enumerate((east, west, None), 1):
        RefusalCount.objects.create(source=source, reason="size", hour=hour, count=number)
    of_part = Visibility(whole_sources=frozenset({west.pk}), sub_accounts=frozenset({(east.pk, "sa_1")}))
    assert [(tally.slug, tally.count) for tally in count_last_day(of_part)] == [("west", 2)]
    assert count_last_day_of(east.pk, of_part) == []
    assert len(count_last_day()) == 3


def test_a_statement_names_its_parameters() -> None:
    found = match_visible_events(Visibility(whole_sources=frozenset({7})))
    assert found.parameters == {"visible_0": 7}
    assert "%(visible_0)s" in found.condition

"""Records as of a time are those of a mirror that has only the events before it."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from entities.history.past_records import past_columns, past_records
from entities.merge.clock import parse_clock
from entities.models import TimelineEntry
from entities.models.introspection import record_models
from entities.stored_events import StoredEvent
from tests.support.fetched_events import store_mixed_history
from tests.support.random_histories import digest_after_batches, generate_bodies, store_history

pytestmark = pytest.mark.django_db

Rows = dict[str, list[tuple[Any, ...]]]
IDENTITY = ("source_id", "scope", "external_id")


def read_rows(before: datetime | None) -> Rows:
    """Return the cells of all records as of a time, or of all that are no placeholders now."""
    found: Rows = {}
    for model in record_models():
        rows = past_records(model, before) if before else model._base_manager.filter(is_placeholder=False)
        columns = (*IDENTITY, "is_deleted", *past_columns(model))
        found[model.__name__] = sorted(rows.values_list(*columns), key=repr)
    return found


def read_event_times() -> dict[int, set[datetime]]:
    """Return the times of each stored event: several, if it holds a list."""
    times: dict[int, set[datetime]] = {}
    for event, clock in TimelineEntry.objects.values_list("event_id", "clock"):
        times.setdefault(event, set()).add(parse_clock(clock).occurred_at)
    return times


def apply_and(look: Any, events: list[StoredEvent]) -> Any:
    return digest_after_batches([events[place : place + 50] for place in range(0, len(events), 50)], look)


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(n, marks=pytest.mark.prove) for n in range(8, 60))]
)
def test_records_as_of_a_time_equal_a_mirror_of_only_the_events_before_it(seed: int) -> None:
    check(store_history(generate_bodies(seed, 60)), Random(seed))


def test_values_behind_clocks_of_any_length_are_read_whole() -> None:
    check(store_mixed_history(3, 30), Random(3))


def check(events: list[StoredEvent], random: Random) -> None:
    times = apply_and(read_event_times, events)
    # A list whose events are of both sides of the time cannot be left out as a whole.
    whole = [
        one for one in set().union(*times.values()) if not any(min(t) < one <= max(t) for t in times.values())
    ]
    before = random.choice(sorted(whole))
    earlier = [event for event in events if event.id in times and max(times[event.id]) < before]
    expected = apply_and(lambda: read_rows(None), earlier)
    assert apply_and(lambda: read_rows(before), events) == expected
    after_all = datetime(3000, 1, 1, tzinfo=UTC)
    assert apply_and(lambda: read_rows(after_all), events) == apply_and(lambda: read_rows(None), events)
    assert any(expected.values()) or not earlier

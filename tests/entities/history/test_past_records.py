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


def read_event_times() -> dict[int, datetime]:
    entries = TimelineEntry.objects.values_list("event_id", "clock")
    return {event: parse_clock(clock).occurred_at for event, clock in entries}


def apply_and(look: Any, events: list[StoredEvent]) -> Any:
    return digest_after_batches([events[place : place + 50] for place in range(0, len(events), 50)], look)


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(n, marks=pytest.mark.prove) for n in range(8, 60))]
)
def test_records_as_of_a_time_equal_a_mirror_of_only_the_events_before_it(seed: int) -> None:
    random = Random(seed)
    events = store_history(generate_bodies(seed, 60))
    times = apply_and(read_event_times, events)
    before = random.choice(sorted(set(times.values())))
    expected = apply_and(
        lambda: read_rows(None), [event for event in events if times.get(event.id, before) < before]
    )
    assert apply_and(lambda: read_rows(before), events) == expected
    after_all = datetime(3000, 1, 1, tzinfo=UTC)
    assert apply_and(lambda: read_rows(after_all), events) == apply_and(lambda: read_rows(None), events)
    assert any(expected.values()) or before == min(times.values())

"""The costs of a batch's steps, of a worker that applies real events."""

import os
import time

import pytest

from bench import backlog
from bench.scale.batch_probe import STEPS, BatchProbe
from events.models import Event
from events.processing.claim import MAX_BATCH_EVENTS
from events.processing.drain import drain_backlog


@pytest.mark.django_db
def test_each_batch_has_the_cost_of_each_of_its_steps() -> None:
    backlog.store_company_events(MAX_BATCH_EVENTS + 100)
    stored = list(Event.objects.order_by("id").values_list("id", flat=True))
    # In place of the session at the database, this process: so both costs are those of one clock.
    probe = BatchProbe(os.getpid())
    before = time.process_time()
    with probe.watch():
        drain_backlog()
    used = time.process_time() - before
    assert [batch.events for batch in probe.batches] == [MAX_BATCH_EVENTS, len(stored) - MAX_BATCH_EVENTS]
    assert [batch.first_event for batch in probe.batches] == [stored[0], stored[MAX_BATCH_EVENTS]]
    for batch in probe.batches:
        assert list(batch.steps) == list(STEPS)
        assert all(cost.python > 0 for cost in batch.steps.values())
    measured = sum(cost.python for batch in probe.batches for cost in batch.steps.values())
    assert used / 2 < measured <= used


@pytest.mark.django_db
def test_nothing_is_noted_after_the_block() -> None:
    probe = BatchProbe(os.getpid())
    with probe.watch():
        pass
    backlog.store_company_events(60)
    drain_backlog()
    assert not probe.batches

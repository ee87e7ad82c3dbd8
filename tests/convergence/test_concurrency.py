"""Several worker processes drain one backlog, some are killed in a batch, and the mirror is the same."""

from random import Random

import pytest
from django.db import connection

from entities.generator.event_generator import generate_stream
from entities.stored_events import StoredEvent
from entities.vendors import all_vendors
from events.models import Event
from events.processing.claim import MAX_BATCH_EVENTS
from events.rebuild.verification import compare_with_log
from tests.convergence.test_convergence import digest_and_names
from tests.support.random_histories import RECEIVED, digest_after_batches, ensure_source, store_events
from tests.support.rebuild_helpers import list_compared_models
from tests.support.run_summary import COUNTS
from tests.support.worker_processes import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.prove)])
def test_four_workers_after_two_killed_in_a_batch_make_the_mirror_that_one_makes_in_order(seed: int) -> None:
    events = store_shuffled(3000, seed)
    drain_with(workers=4, kills=2)
    assert set(Event.objects.values_list("status", flat=True)) == {Event.Status.APPLIED}
    verified = compare_with_log(lambda count: None, limit=5)
    assert (verified.events, verified.rows) == (len(events), 0), verified.differences
    together = digest_and_names()
    forget_records()
    one_batch_after_another = [
        events[at : at + MAX_BATCH_EVENTS] for at in range(0, len(events), MAX_BATCH_EVENTS)
    ]
    assert digest_after_batches(one_batch_after_another, digest_and_names) == together
    COUNTS["concurrent"] += len(events)


def store_shuffled(count: int, seed: int) -> list[StoredEvent]:
    """Store events of every vendor in random order; return them in the order of their event times."""
    each = count // len(all_vendors())
    bodies = [
        (name, body) for name, vendor in all_vendors().items() for body in generate_stream(vendor, each, seed)
    ]
    sources = {name: ensure_source(name) for name in all_vendors()}
    shuffled = Random(seed).sample(range(count), count)
    deliveries = ((sources[bodies[place][0]], bodies[place][1], RECEIVED) for place in shuffled)
    stored = dict(zip(shuffled, store_events(deliveries), strict=True))
    return [stored[place] for place in range(count)]


def drain_with(workers: int, kills: int) -> None:
    """Let workers drain the backlog together, after others were killed, each in the middle of a batch."""
    doomed = [Worker(f"doomed-{number}") for number in range(kills)]
    for worker in doomed:
        assert worker.kill_in_a_batch(), f"{worker.name} ended before it could be killed"
        COUNTS["killed"] += 1
    survivors = [Worker(f"survivor-{number}") for number in range(workers)]
    assert [worker.wait() for worker in survivors] == [0] * workers


def forget_records() -> None:
    models = (model for model in list_compared_models() if model is not Event)
    with connection.cursor() as cursor:
        names = ", ".join(f'"{model._meta.db_table}"' for model in models)
        cursor.execute(f"TRUNCATE {names}")

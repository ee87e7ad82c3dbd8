"""Erasing one person of a random history leaves all others' records equal, and a mirror that verifies."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from events.models import Event
from events.privacy.extension import settle_arrived_events
from events.processing.drain import drain_backlog
from tests.convergence.test_convergence import HISTORY, run
from tests.support import table_contents
from tests.support.bounds import tight_bounds
from tests.support.erased_persons import erase_record, list_persons, read_records
from tests.support.pruning import list_rebuilt_differences, prune
from tests.support.random_histories import generate_bodies, store_history


def check(seed: int, size: int) -> None:
    """Apply some of a history, prune some of that, erase somebody, and let the rest arrive; roll back.

    Compares all others after the erasure; rebuilds then, and at the end.
    """
    history, random = f"seed {seed}, {size} events", Random(f"{seed} erased")
    with tight_bounds(), transaction.atomic():
        bodies = generate_bodies(seed, size)
        late = [body for body in bodies if random.random() < 0.3]
        events = store_history([body for body in bodies if body not in late])
        drain_backlog()
        applied = set(Event.objects.filter(status="applied").values_list("pk", flat=True))
        share = random.choice((0, 0.5, 1))
        prune(*(event for event in events if event.id in applied and random.random() < share))
        if persons := list_persons():
            before = read_records()
            report = erase_record(random.choice(persons))
            changed = {*report.own, *report.referring, *report.others}
            left = read_records(without=changed)
            assert left == {key: line for key, line in before.items() if key in left}, history
            assert len(before) - len(left) <= len(changed), history
            assert_rebuilt_equal(history)
            store_history(late)
            settle_arrived_events()
            assert not {(source, *key) for source, key in report.own} & table_contents.read_records().keys()
            assert_rebuilt_equal(f"{history}, with late ones")
        transaction.set_rollback(True)


def assert_rebuilt_equal(history: str) -> None:
    """Fail if a rebuild makes other records. The tables that it makes are removed."""
    with transaction.atomic():
        differing, differences = list_rebuilt_differences()
        transaction.set_rollback(True)
    assert not differing, f"{history}: {differences}"


@pytest.mark.django_db
@run(max_examples=5)
@given(**HISTORY)
def test_an_erasure_leaves_the_records_of_all_others_equal(db: None, seed: int, size: int) -> None:
    check(seed, size)


@pytest.mark.prove
@pytest.mark.django_db
@run(max_examples=500)
@given(**HISTORY)
def test_five_hundred_erasures_leave_the_records_of_all_others_equal(db: None, seed: int, size: int) -> None:
    check(seed, size)

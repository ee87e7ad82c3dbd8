"""Erasing one person of a random history leaves all others' records equal, and a mirror that verifies."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from events.models import Event
from events.processing.drain import drain_backlog
from tests.convergence.test_convergence import HISTORY, run
from tests.support.bounds import tight_bounds
from tests.support.erased_persons import erase_record, list_persons, read_records
from tests.support.pruning import list_rebuilt_differences, prune
from tests.support.random_histories import generate_bodies, store_history


def check(seed: int, size: int) -> None:
    """Apply a history, prune some of it, erase somebody; compare all others, and rebuild; roll back."""
    history, random = f"seed {seed}, {size} events", Random(f"{seed} erased")
    with tight_bounds(), transaction.atomic():
        events = store_history(generate_bodies(seed, size))
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
            differing, differences = list_rebuilt_differences()
            assert not differing, f"{history}: {differences}"
        transaction.set_rollback(True)


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

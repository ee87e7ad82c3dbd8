"""Pruning at any point changes nothing: the mirror is that of the whole events, and a rebuild makes it."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from tests.convergence.test_convergence import HISTORY, run
from tests.support.bounds import tight_bounds
from tests.support.money_vendor import generate_money_bodies, money_vendor
from tests.support.pruning import apply_and_prune_at_random, list_rebuilt_differences, read_unprunable
from tests.support.random_histories import (
    MakeBodies,
    digest_after_batches,
    generate_bodies,
    shuffle_into_batches,
    store_history,
)
from tests.support.run_summary import COUNTS


def check(seed: int, size: int, make_bodies: MakeBodies = generate_bodies) -> None:
    """Apply a history whole, and in another way with prunings in between; compare; roll back."""
    with tight_bounds(), transaction.atomic():
        events = store_history(make_bodies(seed, size))
        whole = digest_after_batches(shuffle_into_batches(events, Random(f"{seed} whole")), read_unprunable)
        random = Random(f"{seed} pruned")
        apply_and_prune_at_random(shuffle_into_batches(events, random), random)
        pruned = read_unprunable()
        differing, differences = list_rebuilt_differences()
        transaction.set_rollback(True)
    COUNTS["pruned"] += 1
    assert pruned == whole, f"seed {seed}, {size} events"
    assert not differing, f"seed {seed}, {size} events: {differences}"


@pytest.mark.django_db
@run(max_examples=60)
@given(**HISTORY)
def test_a_mirror_whose_events_are_pruned_at_any_point_is_that_of_the_whole_events(
    db: None, seed: int, size: int
) -> None:
    check(seed, size)


@pytest.mark.django_db
@run(max_examples=20)
@given(**HISTORY)
def test_open_amounts_are_rebuilt_from_pruned_payments_and_invoices(db: None, seed: int, size: int) -> None:
    with money_vendor():
        check(seed, size, make_bodies=generate_money_bodies)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=1_500)
@given(**HISTORY)
def test_fifteen_hundred_pruned_histories_are_rebuilt(db: None, seed: int, size: int) -> None:
    check(seed, size)

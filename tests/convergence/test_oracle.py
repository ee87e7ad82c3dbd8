"""Not only the same mirror whatever the order, but the right one: cell by cell what the oracle says."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from entities.writing.process_batch import process_batch
from tests.convergence.test_convergence import HISTORY, run
from tests.support import oracle, table_contents
from tests.support.random_histories import generate_history, shuffle_into_batches
from tests.support.run_summary import COUNTS


def check(seed: int, size: int) -> None:
    """The seed alone makes the history and the way through it; leaves nothing behind."""
    with transaction.atomic():
        events = generate_history(seed, size)
        for batch in shuffle_into_batches(events, Random(f"{seed} oracle")):
            assert not [outcome for outcome in process_batch(batch) if outcome.retry]
        found, timeline = table_contents.read_records(), table_contents.read_timeline()
        law, told = oracle.expected_cells(events), oracle.expected_timeline(events)
        transaction.set_rollback(True)
    COUNTS["judged"] += 1
    differences = table_contents.list_differences(law, found)
    assert not differences, f"seed {seed}, {size} events: {differences}"
    assert timeline == told, f"seed {seed}, {size} events: timeline"


@pytest.mark.django_db
@run(max_examples=100)
@given(**HISTORY)
def test_a_mirror_holds_what_the_law_says_whatever_the_order(db: None, seed: int, size: int) -> None:
    check(seed, size)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=2_000)
@given(**HISTORY)
def test_two_thousand_mirrors_hold_what_the_law_says(db: None, seed: int, size: int) -> None:
    check(seed, size)

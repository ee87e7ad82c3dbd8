"""The mirror is not only the same for any order, but right: every cell is what the oracle computes."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from entities.writing.process_batch import process_batch
from tests.convergence.test_convergence import HISTORY, run
from tests.support import oracle, table_contents
from tests.support.bounds import tight_bounds
from tests.support.conversation_oracle import expected_conversations
from tests.support.random_histories import (
    MakeBodies,
    generate_bodies,
    shuffle_into_batches,
    store_history,
)
from tests.support.run_summary import COUNTS


def check(seed: int, size: int, make_bodies: MakeBodies = generate_bodies) -> None:
    """Apply a history in a random way; compare it with the oracle; roll back. The seed decides all."""
    with tight_bounds(), transaction.atomic():
        events = store_history(make_bodies(seed, size))
        for batch in shuffle_into_batches(events, Random(f"{seed} oracle")):
            assert not [outcome for outcome in process_batch(batch) if outcome.retry]
        records, timeline = table_contents.read_records(), table_contents.read_timeline()
        names = table_contents.read_names()
        expected_records, expected_timeline = oracle.expected_cells(events), oracle.expected_timeline(events)
        expected_names = oracle.expected_names(events)
        words, expected_words = table_contents.read_words(), oracle.expected_words(events)
        conversations = table_contents.read_conversations()
        transaction.set_rollback(True)
    COUNTS["judged"] += 1
    differences = table_contents.list_differences(expected_records, records)
    assert not differences, f"seed {seed}, {size} events: {differences}"
    assert timeline == expected_timeline, f"seed {seed}, {size} events: timeline"
    assert names == expected_names, f"seed {seed}, {size} events: names"
    assert words == expected_words, f"seed {seed}, {size} events: words"
    expected = expected_conversations(expected_records)
    assert conversations == expected, f"seed {seed}, {size} events: {conversations}, expected {expected}"


@pytest.mark.django_db
@run(max_examples=100)
@given(**HISTORY)
def test_a_mirror_holds_what_the_oracle_computes_whatever_the_order(db: None, seed: int, size: int) -> None:
    check(seed, size)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=2_000)
@given(**HISTORY)
def test_two_thousand_mirrors_hold_what_the_oracle_computes(db: None, seed: int, size: int) -> None:
    check(seed, size)

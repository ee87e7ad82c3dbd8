"""Fetched, imported and gone records converge together with webhooks, and are what the oracle computes."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import given

from entities.writing.process_batch import process_batch
from tests.convergence.test_convergence import HISTORY, digest_and_names, run
from tests.support import oracle, table_contents
from tests.support.fetched_events import store_mixed_history
from tests.support.random_histories import digest_after_batches, shuffle_into_batches


def check(seed: int, size: int) -> None:
    """Apply a mixed history in two ways, compare, and compare with the oracle; roll back."""
    with transaction.atomic():
        events = store_mixed_history(seed, size)
        one, other = (
            digest_after_batches(shuffle_into_batches(events, Random(f"{seed} {way}")), digest_and_names)
            for way in ("one", "other")
        )
        for batch in shuffle_into_batches(events, Random(seed)):
            assert not [outcome for outcome in process_batch(batch) if outcome.error]
        records, timeline = table_contents.read_records(), table_contents.read_timeline()
        expected, expected_timeline = oracle.expected_cells(events), oracle.expected_timeline(events)
        names, expected_names = table_contents.read_names(), oracle.expected_names(events)
        transaction.set_rollback(True)
    assert one == other, f"seed {seed}, {size} events"
    differences = table_contents.list_differences(expected, records)
    assert not differences, f"seed {seed}, {size} events: {differences}"
    assert timeline == expected_timeline, f"seed {seed}, {size} events: timeline"
    assert names == expected_names, f"seed {seed}, {size} events: names"


@pytest.mark.django_db
@run(max_examples=60)
@given(**HISTORY)
def test_fetched_records_and_webhooks_converge(db: None, seed: int, size: int) -> None:
    check(seed, size)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=2_000)
@given(**HISTORY)
def test_two_thousand_histories_with_fetched_records_converge(db: None, seed: int, size: int) -> None:
    check(seed, size)

"""The convergence property: any order, batches and repetitions of events give the same mirror."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entities.shadow.digest import mirror_digest
from tests.support.bounds import tight_bounds
from tests.support.oracle import Names
from tests.support.random_histories import (
    MakeBodies,
    digest_after_batches,
    generate_bodies,
    shuffle_into_batches,
    store_history,
)
from tests.support.run_summary import COUNTS
from tests.support.table_contents import read_names

HISTORY = {"seed": st.integers(0, 2**32 - 1), "size": st.integers(2, 14)}


def run(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def digest_and_names() -> tuple[str, Names]:
    return mirror_digest(), read_names()


def check(seed: int, size: int, make_bodies: MakeBodies = generate_bodies) -> None:
    """Apply a history in two random ways; compare digests and names; roll back. The seed decides all."""
    with tight_bounds(), transaction.atomic():
        events = store_history(make_bodies(seed, size))
        one, other = (
            digest_after_batches(shuffle_into_batches(events, Random(f"{seed} {way}")), digest_and_names)
            for way in ("one", "other")
        )
        transaction.set_rollback(True)
    COUNTS["histories"] += 1
    COUNTS["events"] += size
    assert one == other, f"seed {seed}, {size} events"


@pytest.mark.django_db
@run(max_examples=500)
@given(**HISTORY)
def test_any_order_any_batches_and_any_repetition_give_the_same_mirror(
    db: None, seed: int, size: int
) -> None:
    check(seed, size)


# One transaction for each history: in one for all, PostgreSQL could not vacuum the rows that each leaves.
@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=10_000)
@given(**HISTORY)
def test_ten_thousand_histories_converge(db: None, seed: int, size: int) -> None:
    check(seed, size)

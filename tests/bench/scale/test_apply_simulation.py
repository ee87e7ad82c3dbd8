"""The simulation of workers: what they wait for, and how long that takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scale.simulation.apply_simulation import Conditions, SimulatedBatch, simulate
from bench.scale.simulation.lock_traces import LockTrace

pytestmark = pytest.mark.unit

EMPTY = LockTrace()
STEPS = {"read": 2.0, "insert": 1.0, "write": 3.0, "names": 1.0, "words": 1.0, "number": 2.0}
ALL_STEPS = 10.0


def make_batch(**keys: Any) -> SimulatedBatch:
    return SimulatedBatch(500, STEPS, LockTrace(**keys))


def test_workers_whose_batches_have_nothing_in_common_do_not_wait() -> None:
    batches = [make_batch(named=((number,),), written=((number,),)) for number in range(4)]
    run = simulate(batches, EMPTY, Conditions(workers=4))
    assert (run.seconds, run.waited, run.rate) == (ALL_STEPS, 0, 200)


def test_the_second_worker_waits_for_a_record_until_the_first_has_committed() -> None:
    batches = [make_batch(named=((1,),), written=((1,),))] * 2
    run = simulate(batches, LockTrace(named=((1,),)), Conditions(workers=2, flush_seconds=0.5))
    # Both come to the lock after 3 s. The first holds it for 5 s of work and 0.5 s of flush.
    assert run.waited == pytest.approx(5.5)
    assert run.seconds == pytest.approx(3 + 5.5 + 5.5 + 2)


def test_those_who_wait_for_a_record_to_be_inserted_go_on_together() -> None:
    batches = [make_batch(named=((1,),))] * 3
    run = simulate(batches, EMPTY, Conditions(workers=3))
    # The key is inserted after 2 s, and committed 6 s later; nobody holds it then.
    assert run.waited == pytest.approx(2 * 6)
    assert run.seconds == pytest.approx(2 + 6 + 6 + 2)


def test_a_record_that_was_there_before_is_not_waited_for() -> None:
    batches = [make_batch(named=((1,),))] * 2
    run = simulate(batches, LockTrace(named=((1,),)), Conditions(workers=2))
    assert run.waited == 0


def test_a_name_is_locked_only_by_a_worker_that_has_not_written_it() -> None:
    batches = [make_batch(names={(1,): "new"})] * 2
    assert simulate(batches, EMPTY, Conditions(workers=2)).waited == pytest.approx(2)
    assert simulate(batches, LockTrace(names={(1,): "new"}), Conditions(workers=2)).waited == 0
    assert simulate(batches, LockTrace(names={(1,): "former"}), Conditions(workers=2)).waited > 0


def test_locks_are_handed_on_in_the_order_of_arrival() -> None:
    slow_reader = SimulatedBatch(1, {**STEPS, "read": 2.5}, LockTrace(written=((1,),)))
    batches = [make_batch(written=((1,),)), slow_reader, make_batch(written=((1,),))]
    run = simulate(batches, EMPTY, Conditions(workers=3))
    # The third batch came before the second, and has 5 s of the lock while the second waits 9.5 s.
    assert run.waited == pytest.approx(5 + 9.5)


def test_cores_are_shared_evenly() -> None:
    batches = [make_batch()] * 4
    assert simulate(batches, EMPTY, Conditions(workers=4, cores=2)).seconds == pytest.approx(2 * ALL_STEPS)
    assert simulate(batches, EMPTY, Conditions(workers=4, cores=1.6)).seconds == pytest.approx(25)


def test_a_flush_needs_no_core() -> None:
    run = simulate([make_batch()] * 2, EMPTY, Conditions(workers=2, cores=1, flush_seconds=100))
    assert run.seconds == pytest.approx(2 * (ALL_STEPS - STEPS["number"]) + 100 + 2 * STEPS["number"])


def test_a_claim_takes_longer_for_each_event_that_others_have_claimed() -> None:
    run = simulate([make_batch()] * 3, EMPTY, Conditions(workers=3, skip_seconds=0.01))
    assert run.seconds == pytest.approx(ALL_STEPS + 2 * 500 * 0.01)


@given(
    st.lists(st.frozensets(st.integers(0, 4)), min_size=1, max_size=8),
    st.integers(1, 5),
    st.floats(0.2, 1),
)
def test_whatever_is_locked_no_worker_stops_and_no_processor_time_is_lost(
    written: list[frozenset[int]], workers: int, cores: float
) -> None:
    keys = [tuple((number,) for number in sorted(numbers)) for numbers in written]
    batches = [make_batch(named=own, written=own) for own in keys]
    run = simulate(batches, EMPTY, Conditions(workers=workers, cores=cores))
    # Somebody can always work, so that one core or less is never idle.
    assert run.seconds == pytest.approx(ALL_STEPS * len(batches) / cores)
    assert run.events == 500 * len(batches)

"""Events that meet on the same records, and the keys that batches of them lock."""

import json
from functools import cache
from itertools import islice

import pytest

from bench.scale.meeting_events import (
    BATCH_EVENTS,
    SHARED_RECORDS,
    SHARED_SLUG,
    SourcedBody,
    count_shared,
    iter_shared_bodies,
    make_meeting_batches,
)
from bench.scale.simulation.lock_traces import LockTrace, map_bodies, trace_batch
from entities.merge.registers import EXISTS

pytestmark = pytest.mark.unit

SHARES = (0.0, 0.1, 1.0)


@cache
def make_traces(share: float) -> list[LockTrace]:
    _, batches = make_meeting_batches(2, share)
    return [trace_batch(batch, number_sources(batches)) for batch in batches]


def number_sources(batches: list[list[SourcedBody]]) -> dict[str, int]:
    slugs = sorted({body.slug for batch in batches for body in batch})
    return {slug: number for number, slug in enumerate(slugs)}


@pytest.mark.parametrize("share", SHARES)
def test_a_batch_has_the_share_of_events_that_meet(share: float) -> None:
    _, batches = make_meeting_batches(2, share)
    for batch in batches:
        assert len(batch) == BATCH_EVENTS
        assert sum(body.slug == SHARED_SLUG for body in batch) == round(BATCH_EVENTS * share)
    assert len({(body.slug, body.body) for batch in batches for body in batch}) == 2 * BATCH_EVENTS


def test_where_the_share_is_less_than_an_event_some_batches_have_one() -> None:
    counts = [count_shared(number, 0.25 / BATCH_EVENTS) for number in range(8)]
    assert counts == [0, 0, 0, 1, 0, 0, 0, 1]


def test_shared_events_are_about_few_records_and_each_is_newer_than_the_one_before() -> None:
    bodies = list(islice(iter_shared_bodies(), 50))
    statements = [
        statement
        for mapped in map_bodies(bodies, {SHARED_SLUG: 1})
        for statement in mapped.statements
        if EXISTS in statement.writes
    ]
    assert len({statement.key for statement in statements}) == SHARED_RECORDS
    clocks = [statement.clock for statement in statements]
    assert clocks == sorted(clocks)


def test_batches_that_do_not_meet_lock_nothing_in_common() -> None:
    one, other = make_traces(0.0)
    for keys in ("named", "written", "conversations", "words"):
        assert getattr(one, keys) or keys == "conversations"
        assert not set(getattr(one, keys)) & set(getattr(other, keys))
    assert one.names
    assert not one.names.keys() & other.names.keys()


@pytest.mark.parametrize("share", SHARES[1:])
def test_batches_that_meet_write_the_same_records_in_the_same_order(share: float) -> None:
    one, other = make_traces(share)
    common = [key for key in one.written if key in set(other.written)]
    assert len(common) >= SHARED_RECORDS
    assert common == [key for key in other.written if key in set(common)]


def test_an_event_that_only_refers_to_a_record_names_it_and_does_not_lock_its_row() -> None:
    payload = {"id": "dl1", "client": {"id": "cl1"}}
    event = {"event": "deal.created", "payload": payload, "timestamp": "2026-01-01T00:00:00.000Z"}
    body = json.dumps(event).encode()
    trace = trace_batch([SourcedBody("a", "heffl", body)], {"a": 1})
    kinds = {key[1].model for key in trace.named}
    assert kinds > {key[1].model for key in trace.written} == {"deal"}

"""Waits for locks, as the server's log has them."""

import pytest

from bench.scale.lock_log import LockWait, parse_waits

pytestmark = pytest.mark.unit

AT = "2026-11-27 03:30:31.302 UTC"
LOG = f"""\
{AT} [58] LOG:  process 58 still waiting for ShareLock on transaction 1575 after 1.055 ms
{AT} [58] DETAIL:  Process holding the lock: 60. Wait queue: 58.
{AT} [58] CONTEXT:  while inserting index tuple (15,16) in relation "entities_lead"
{AT} [58] LOG:  process 58 acquired ShareLock on transaction 1575 after 172.969 ms
{AT} [58] CONTEXT:  while inserting index tuple (15,16) in relation "entities_lead"
{AT} [60] LOG:  checkpoint starting: time
{AT} [61] LOG:  process 61 acquired ExclusiveLock on tuple (0,1) of relation 5 of database 6 after 2.5 ms
{AT} [60] LOG:  process 60 acquired ShareLock on transaction 1580 after 1000.000 ms
{AT} [60] CONTEXT:  while locking tuple (0,3) in relation "entities_deal"
"""


def test_each_wait_that_ended_counts_once_with_its_table() -> None:
    assert list(parse_waits(LOG.splitlines())) == [
        LockWait(58, pytest.approx(0.172969), "entities_lead"),  # type: ignore[arg-type]
        LockWait(61, pytest.approx(0.0025), ""),  # type: ignore[arg-type]
        LockWait(60, pytest.approx(1.0), "entities_deal"),  # type: ignore[arg-type]
    ]


def test_a_log_without_waits_has_none() -> None:
    assert list(parse_waits([f"{AT} [60] LOG:  checkpoint starting: time"])) == []

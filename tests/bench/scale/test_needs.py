"""What many events need, computed from what one costs."""

import pytest

from bench.scale.costs.event_costs import Cost, EventCosts, FoldCost
from bench.scale.costs.needs import compute_rate, compute_stored, vacuum_seconds
from bench.scale.costs.table_sizes import IndexSize, TableSize

pytestmark = pytest.mark.unit

LOG = TableSize(
    "log", 50_000, (IndexSize("log", "key", 81_920, False), IndexSize("log", "time", 20_480, True))
)
TIMELINE = TableSize("timeline", 60_000, ())
COSTS = EventCosts(
    events=100,
    body_bytes=250.0,
    delivered=Cost(python=0.0002, sessions=0.0001, wal_bytes=1000, transactions=0.5),
    applied=Cost(python=0.0003, sessions=0.0002, background=0.0001, wal_bytes=4000, transactions=0.5),
    after_checkpoint=Cost(wal_bytes=14_000, page_images=3.0),
    alone=Cost(wal_bytes=90_000, page_images=20.0),
    rebuilt=FoldCost(0.00036, 100),
    verified=FoldCost(0.00018, 100),
    tables=[LOG, TIMELINE],
)


def test_what_is_kept_grows_with_the_events() -> None:
    needs = compute_stored(COSTS, 1_000_000)
    assert needs.disk_bytes == pytest.approx(1_000_000 * 2124)
    assert (needs.log_bytes, needs.timeline_bytes) == pytest.approx((1_000_000 * 1524, 1_000_000 * 600))
    assert needs.warm_bytes == pytest.approx(1_000_000 * 819.2)
    assert (needs.rebuild_hours, needs.verify_hours) == pytest.approx((0.1, 0.05))


def test_a_rate_needs_cores_for_each_process_at_half_of_their_time() -> None:
    needs = compute_rate(COSTS, 1000)
    assert (needs.web_cores, needs.worker_cores, needs.database_cores) == pytest.approx((0.4, 0.6, 0.8))
    assert needs.cores == pytest.approx(1.8)


def test_a_rate_writes_more_where_pages_are_written_whole() -> None:
    needs = compute_rate(COSTS, 1000)
    assert needs.wal_bytes == pytest.approx((5_000_000, 15_000_000))
    assert (needs.flushes, needs.changed_pages) == pytest.approx((1000, 3000))
    assert needs.days_to_freeze == pytest.approx(200_000_000 / 1000 / 86_400)


def test_autovacuum_works_for_each_event_alike_however_many_there_are() -> None:
    # 1,024 bytes of index an event: 12.5 pages are read for each dead row, at most 2 of them and one of the
    # rows' own changed. 200 of that cost take 2 ms.
    assert vacuum_seconds(COSTS) == pytest.approx((12.5 * 2 + 3 * 20) / 200 * 0.002)
    assert compute_rate(COSTS, 100).vacuum_share == pytest.approx(100 * vacuum_seconds(COSTS))

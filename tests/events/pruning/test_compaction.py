"""Compaction makes the files of tables smaller, and changes nothing of what is in them."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.models import TimelineEntry
from events.archive.log_digest import compute_log_digest
from events.models import Event
from events.pruning.compaction import TABLES, compact_tables
from events.pruning.prune import prune_events
from tests.support.database_sessions import open_session, use_session
from tests.support.pruning import keep_bodies_for
from tests.support.rebuild_helpers import deliver_generated_events, run_verify_mirror

pytestmark = pytest.mark.django_db(transaction=True)

LOG, TIMELINE = Event._meta.db_table, TimelineEntry._meta.db_table
SIZE = "SELECT pg_relation_size(%s)"


def prune_the_older_half() -> None:
    """Deliver events with large headers, which pruning removes, and prune the first half of them."""
    deliver_generated_events(300)
    Event.objects.update(headers={"x": "y" * 1_000})
    execute(f"VACUUM FULL {LOG}")
    middle = Event.objects.order_by("pk").values_list("pk", flat=True)[Event.objects.count() // 2]
    Event.objects.filter(pk__gte=middle).update(received_at=timezone.now() - timedelta(hours=1))
    keep_bodies_for(days=1)
    prune_events()


def test_the_log_is_smaller_and_the_same() -> None:
    prune_the_older_half()
    before = compute_log_digest()
    size = int(fetch_value(SIZE, LOG))
    compaction = next(one for one in compact_tables() if one.table == LOG)
    assert compaction.before == size
    assert compaction.after == fetch_value(SIZE, LOG)
    assert compaction.after < size * 0.8
    assert compute_log_digest() == before
    assert run_verify_mirror()[0] == 0


def test_each_table_is_compacted() -> None:
    assert [one.table for one in compact_tables()] == list(TABLES) == [LOG, TIMELINE]


def test_a_table_without_free_space_does_not_grow() -> None:
    deliver_generated_events(300)
    execute(f"VACUUM FULL {LOG}")
    full = int(fetch_value(SIZE, LOG))
    for _ in compact_tables():
        pass
    assert int(fetch_value(SIZE, LOG)) <= full * 1.02


def test_a_row_that_another_transaction_holds_is_not_waited_for() -> None:
    prune_the_older_half()
    last = Event.objects.latest("pk")
    with closing(open_session()) as other, transaction.atomic():
        Event.objects.select_for_update().get(pk=last.pk)
        with use_session(other):
            assert [one.table for one in compact_tables()] == [LOG, TIMELINE]


@pytest.mark.parametrize("table", TABLES)
def test_the_column_that_is_written_is_in_no_index(table: str) -> None:
    """Otherwise a row that stays in its page would be entered in that index anew."""
    indexed = """
        SELECT count(*) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
        WHERE indrelid = %s::regclass AND attname = %s
    """
    assert fetch_value(indexed, table, TABLES[table]) == 0

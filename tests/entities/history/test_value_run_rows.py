"""Runs of many records by SQL are those that the pure rule makes of each record's entries."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from entities.history.history_columns import HistoryColumn, history_columns
from entities.history.value_run_rows import ValueRunRow, value_run_rows
from entities.merge.clock import Rank
from entities.merge.derived_columns import find_derived_origin
from entities.merge.history import ValueRun, joint_runs, joint_values
from entities.models import Deal, Lead, TimelineEntry
from entities.provenance import timeline_entries
from tests.support.api_client import NOW, create_record, create_timeline_entry

pytestmark = pytest.mark.django_db

COLUMNS = history_columns(Deal)
# Few values, so that many neighbours are equal, and moments that several events share. Some have a character
# that stands between a clock and a value, or ends a line.
WRITES: dict[str, tuple[Any, ...]] = {
    "status": ("open", "won", "lost", None),
    "stage_ref": ("7", "8", None),
    "stage_name": ("\tNew\tdeal", "Sent\n1", None),
    "value": ("5.0000", "10.0000", None),
    "exists": (True, True, False),
    "title": ("Roof",),
}


def create_random_deals(random: Random, count: int = 4) -> list[Deal]:
    """Create deals with up to eight entries each, and a lead of the same id, whose entries do not count."""
    deals = [create_record(Deal) for _ in range(count)]
    for deal in deals:
        for _ in range(random.randrange(9)):
            names = random.sample(sorted(WRITES), random.randrange(len(WRITES)))
            wrote = {name: random.choice(WRITES[name]) for name in names}
            rank = random.choice((Rank.COPY, Rank.CREATED, Rank.OTHER))
            create_timeline_entry(deal, NOW + timedelta(minutes=random.randrange(6)), wrote, rank)
    create_timeline_entry(create_record(Lead, id=deals[0].pk), NOW, {"stage_ref": "9", "status": "won"})
    return deals


def pure_runs(deal: Deal, column: HistoryColumn, before: datetime | None = None) -> list[ValueRun]:
    entries: Iterable[TimelineEntry] = timeline_entries(deal)
    past = [entry for entry in entries if before is None or entry.event.occurred_at < before]
    return joint_runs(joint_values(past, column.registers))


def as_run(row: ValueRunRow) -> ValueRun:
    return ValueRun(row.value, row.began, row.ended, row.event)


@pytest.mark.parametrize("by_record", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_the_runs_of_all_records_are_those_of_each_single_one(seed: int, by_record: bool) -> None:
    random = Random(seed)
    deals = create_random_deals(random)
    before = random.choice((None, NOW + timedelta(minutes=3)))
    for names in ([name] for name in COLUMNS):
        rows = value_run_rows(
            Deal.objects.all(), [COLUMNS[name] for name in names], before, by_record=by_record
        )
        found = [(row.record, as_run(row)) for row in rows.order_by("record", "id")]
        assert found == [
            (deal.pk, run) for deal in deals for run in pure_runs(deal, COLUMNS[names[0]], before)
        ]


@pytest.mark.parametrize("by_record", [True, False])
def test_several_columns_at_once_have_the_same_runs_as_each_alone(by_record: bool) -> None:
    create_random_deals(Random(3), 6)
    every = list(COLUMNS.values())
    rows = value_run_rows(Deal.objects.all(), every, by_record=by_record).order_by("record", "id")
    alone = [row for column in every for row in value_run_rows(Deal.objects.all(), [column])]
    assert [vars_of(row) for row in rows] == sorted(map(vars_of, alone), key=lambda row: row[:2])


def vars_of(row: ValueRunRow) -> tuple[Any, ...]:
    return (row.record, row.id, row.column, row.value, row.value_text, as_run(row), row.seconds, row.visit)


def test_a_stage_with_the_same_id_is_the_same_whatever_its_name_and_what_is_left_out_stays() -> None:
    deal = create_record(Deal)
    writes: tuple[dict[str, Any], ...] = (
        {"stage_name": "New"},
        {"stage_name": "New", "stage_ref": "7"},
        {"stage_name": "Renamed"},
        {"stage_ref": "8"},
        {"stage_ref": None, "stage_name": None},
        {"stage_name": None},
    )
    for minute, wrote in enumerate(writes):
        create_timeline_entry(deal, NOW + timedelta(minutes=minute), wrote)
    rows = value_run_rows(Deal.objects.all(), [COLUMNS["stage"]]).order_by("record", "id")
    minutes = [(row.value, int((row.began - NOW).total_seconds()) // 60) for row in rows]
    assert minutes == [("New", 0), ("8", 3), (None, 4)]


@pytest.mark.parametrize("seed", range(6))
def test_the_last_run_of_the_stage_begins_at_stage_since(seed: int) -> None:
    for deal in create_random_deals(Random(seed), 6):
        written = [(entry.clock, entry.wrote) for entry in timeline_entries(deal).order_by("clock")]
        origin = find_derived_origin(Deal.derived_columns["stage_since"], "stage_since", written)
        last = value_run_rows(Deal.objects.filter(pk=deal.pk), [COLUMNS["stage"]]).order_by("id").last()
        began = last.began if last and last.value is not None else None
        assert began == (datetime.fromisoformat(origin.value) if origin else None)


def test_a_visit_counts_how_often_a_record_has_had_a_value() -> None:
    deal = create_record(Deal)
    for minute, status in enumerate(("open", "won", "open", "lost", "open")):
        create_timeline_entry(deal, NOW + timedelta(minutes=minute), {"status": status})
    rows = value_run_rows(Deal.objects.all(), [COLUMNS["status"]]).order_by("record", "id")
    assert [(row.value, row.visit) for row in rows] == [
        ("open", 1),
        ("won", 1),
        ("open", 2),
        ("lost", 1),
        ("open", 3),
    ]


def test_a_run_that_lasts_is_counted_up_to_the_time_that_was_asked_for() -> None:
    create_timeline_entry(create_record(Deal), NOW, {"status": "open"})
    [row] = value_run_rows(Deal.objects.all(), [COLUMNS["status"]], NOW + timedelta(hours=1))
    assert (row.seconds, row.lasted) == (None, 3600.0)


def test_only_the_records_that_were_passed_have_runs(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, other = create_record(Deal), create_record(Deal)
    for deal in (one, other):
        create_timeline_entry(deal, NOW, {"status": "open"})
    for by_record in (True, False):
        rows = value_run_rows(Deal.objects.filter(pk=one.pk), [COLUMNS["status"]], by_record=by_record)
        with django_assert_num_queries(1):
            assert [row.record for row in rows] == [one.pk]

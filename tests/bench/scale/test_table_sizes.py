"""Sizes of tables, and which indexes have to stay in memory."""

import pytest

from bench.scale.costs.table_sizes import IndexSize, group_tables, is_appended

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("method", "first", "expected"),
    [
        ("btree", "id", True),
        ("btree", "received_at", True),
        ("btree", "last_event_at DESC NULLS LAST", True),
        ("btree", "source_id", False),
        ("btree", "record_type", False),
        ("btree", "external_id", False),
        ("btree", "lower(name)", False),
        ("gin", "keys", False),
    ],
)
def test_an_index_is_appended_to_if_its_first_column_grows_with_time(
    method: str, first: str, expected: bool
) -> None:
    assert is_appended(method, first) is expected


def test_tables_are_summed_up_by_group() -> None:
    indexes = [
        IndexSize("lead", "a", 5, True),
        IndexSize("deal", "b", 7, False),
        IndexSize("x", "c", 1, True),
    ]
    groups = {"lead": "records", "deal": "records"}
    records, others = group_tables([("lead", 100), ("deal", 50), ("x", 3)], indexes, groups)
    assert (records.name, records.rows_bytes, records.index_bytes) == ("records", 150, 12)
    assert (records.scattered_bytes, records.bytes) == (7, 162)
    assert (others.name, others.bytes) == ("all others", 4)

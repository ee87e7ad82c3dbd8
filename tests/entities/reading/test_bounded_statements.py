"""The bounds of what one event writes to `extra`, without a database: keys, values, and the warning."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from entities.merge.extra_bounds import MAX_COUNTED_KEYS, MAX_KEYS, key_digest
from entities.merge.registers import Invalid
from entities.reading.bounded_statements import bound_statements
from entities.reading.mapped_event import RecordKey, Statement
from tests.support.envelopes import read_event, read_own_writes

pytestmark = pytest.mark.unit
LEAD = RecordKey("lead", "", "l")
LONG = "x" * 20_000


def bound_one(writes: dict[str, Any]) -> tuple[Statement, tuple[str, ...]]:
    (statement,), warnings = bound_statements([Statement(LEAD, "clock", writes)])
    return statement, warnings


def test_what_fits_is_said_as_it_came_with_numbers_of_json() -> None:
    statement, warnings = bound_one({"title": "a", "extra.score": Decimal("1.50"), "extra.none": None})
    assert statement.writes == {"title": "a", "extra.score": 1.5, "extra.none": None}
    assert (statement.omitted, warnings) == (0, ())


def test_of_55_000_keys_500_are_written_and_1_000_counted() -> None:
    keys = [f"k{number}" for number in range(55_000)]
    statement, warnings = bound_one({"title": "a"} | {f"extra.{key}": 1 for key in keys})
    kept = {name for name in statement.writes if name.startswith("extra.")}
    counted = {name for name in statement.writes if name.startswith("extra#")}
    by_digest = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())
    assert kept == {f"extra.{key}" for key in by_digest[:MAX_KEYS]}
    assert counted == {f"extra#{key_digest(key)}" for key in by_digest[MAX_KEYS:][:MAX_COUNTED_KEYS]}
    assert statement.writes["title"] == "a"
    assert (statement.omitted, warnings) == (55_000 - MAX_KEYS, ())


def test_long_values_are_shortened_with_one_warning_for_all() -> None:
    statement, warnings = bound_one(
        {"extra.a": LONG, "extra.b": [LONG], "name": Invalid("name", {"en": LONG})}
    )
    assert statement.writes["extra.a"]["bytes"] == 20_002
    assert statement.writes["extra.b"]["bytes"] == 20_004
    assert statement.writes["name"].key == "name"
    assert statement.writes["name"].raw["bytes"] == 20_009
    assert warnings == (
        "extra: 3 values of more than 16,000 bytes kept as length and digest; the event has the whole",
    )


def test_a_column_of_an_event_is_never_shortened() -> None:
    payload = {"name": LONG, "customFields": {"a": LONG}}
    assert read_own_writes("heffl", "lead.updated", payload) == {
        "name": LONG,
        "custom_fields": {"a": LONG},
    }


def test_a_long_key_is_shortened_also_within_an_object_that_is_read_in_part() -> None:
    event = read_event("seedly", "task.updated", {"taskId": "t", "assignee": {"y" * 300: 1}, "z" * 300: 2})
    names = [name for name in event.own[RecordKey("task", "", "t")] if name.startswith("extra.")]
    assert [name[:20] for name in names] == ["extra.assignee.yyyyy", "extra.zzzzzzzzzzzzzz"]
    assert all(len(name) < 200 for name in names)

"""Orderings, and a row's position in one as JSON.

Which rows come after a position is tested through the addresses, in test_pagination.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import Model

from crmmirror.lib.database.keyset import reverse_ordering
from entities.api.pages.orderings import (
    dump_position,
    find_indexed_columns,
    load_position,
    make_ordering,
)
from entities.api.rows.api_columns import get_column
from entities.models import Client as ClientRecord
from entities.models import Deal, Invoice
from events.models import Source

pytestmark = pytest.mark.unit
LAST_TIME = datetime.max.replace(tzinfo=UTC)
COLUMNS = {name: get_column(Deal, name) for name in ("id", "title", "value", "created_at")}


def ordering_text(*names: str) -> list[str]:
    return [str(term) for term in make_ordering(names, COLUMNS, COLUMNS["id"])]


@pytest.mark.parametrize(
    ("names", "terms"),
    [
        (["title"], ["title", "id"]),
        (["-value"], ["-value", "-id"]),
        (["-value", "created_at"], ["-value", "created_at", "id"]),
        (["id"], ["id"]),
        (["-id", "title"], ["-id", "title"]),
        (["title", "-title"], ["title", "id"]),
    ],
)
def test_an_ordering_ends_with_the_key_in_the_direction_of_the_term_before_it(
    names: list[str], terms: list[str]
) -> None:
    assert ordering_text(*names) == terms


def test_an_unknown_column_cannot_be_ordered_by() -> None:
    with pytest.raises(KeyError, match="colour"):
        ordering_text("title", "-colour")


def test_a_reversed_ordering_has_every_direction_reversed() -> None:
    ordering = make_ordering(["-value", "title"], COLUMNS, COLUMNS["id"])
    assert [str(term) for term in reverse_ordering(ordering)] == ["value", "-title", "-id"]
    assert reverse_ordering(reverse_ordering(ordering)) == ordering


@pytest.mark.parametrize(
    "fields",
    [
        {"id": 7, "title": "T", "value": Decimal("19.9000"), "created_at": datetime(2025, 1, 1, tzinfo=UTC)},
        {"id": 2**62, "title": "", "value": None, "created_at": None},
        {
            "id": 1,
            "title": "ü,\n",
            "value": Decimal("-0.0001"),
            "created_at": LAST_TIME,
        },
    ],
)
def test_a_position_survives_json_exactly(fields: dict[str, object]) -> None:
    ordering = make_ordering(["title", "value", "created_at"], COLUMNS, COLUMNS["id"])
    position = json.loads(json.dumps(dump_position(ordering, Deal(**fields))))
    assert load_position(ordering, position) == [fields[term.path] for term in ordering]


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Deal, ["id", "created_at", "last_event_at", "changed_at", "closed_at"]),
        (Invoice, ["id", "created_at", "last_event_at", "changed_at", "due_date"]),
        (ClientRecord, ["id", "created_at", "last_event_at", "changed_at"]),
        (Source, ["id", "slug", "uuid"]),
    ],
)
def test_the_columns_with_an_index_for_pages_are_found(model: type[Model], columns: list[str]) -> None:
    assert find_indexed_columns(model) == columns

"""A column that a module sets twice is named, however the table is put together."""

from pathlib import Path

import pytest

from tests.support.checked_vendor import SOUND, check_text

pytestmark = pytest.mark.unit
TABLE = 'same_names("title client") | {"value": "price.amount"}'


@pytest.mark.parametrize(
    "table",
    [
        'same_names("title client") | {"value": "price.amount", "title": "title"}',
        'same_names("title client title") | {"value": "price.amount"}',
        'same_names("client") | {"value": "price.amount", "title": "id", "title": "title"}',
        'same_names("client title") | {"value": "price.amount"} | NAMES',
    ],
)
def test_a_column_that_is_set_twice_is_named(tmp_path: Path, table: str) -> None:
    text = SOUND.replace(TABLE, table).replace("DEAL =", 'NAMES = {"title": "title"}\nDEAL =', 1)
    [error] = check_text(tmp_path, text)
    assert error.id == "entities.E019"
    assert "column 'title' is set twice" in error.msg
    assert "line " in error.msg


def test_tables_of_two_entities_may_have_the_same_columns(tmp_path: Path) -> None:
    text = SOUND.replace(TABLE, f"{TABLE} | NAMES").replace("DEAL =", 'NAMES = {"number": "id"}\nDEAL =', 1)
    text = text.replace('same_names("name")', 'same_names("name") | NAMES')
    assert check_text(tmp_path, text) == []

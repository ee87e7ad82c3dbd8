"""Paths that are no paths are named, wherever they stand in a module."""

from pathlib import Path

import pytest

from tests.support.checked_vendor import SOUND, check_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("price.amount", "price..amount", "entity 'deal', column 'value': 'price..amount' has an empty key"),
        ("price.amount", ".price", "'.price' has an empty key"),
        ("price.amount", "'price.amount", "has a quote that does not end"),
        ("price.amount", "@0", "'@0' counts from 1"),
        ('"meta.at"', '"meta."', "time: 'meta.' has an empty key"),
        ('"meta.kind"', '("meta.", "row")', "type: 'meta.' has an empty key"),
        ('"row"', '"row", batch="a..b"', "batch: 'a..b' has an empty key"),
        ('CLIENT, "deleted")', 'CLIENT, "deleted") | {"deal.x": EventType(DEAL, ended="a..")}',
         "event 'deal.x', ended: 'a..' has an empty key"),
    ],
)  # fmt: skip
def test_a_path_with_an_empty_key_is_named(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert before in SOUND
    errors = check_text(tmp_path, SOUND.replace(before, after))
    assert [error.id for error in errors] == ["entities.E013"]
    assert reason in errors[0].msg


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('"price.amount"', '("price", "sum")', "column 'value' is ('price', 'sum')"),
        ('"row"', '"row", batch=("items",)', "batch is ('items',)"),
    ],
)
def test_paths_that_are_no_text_are_named(tmp_path: Path, before: str, after: str, reason: str) -> None:
    errors = check_text(tmp_path, SOUND.replace(before, after))
    assert [error.id for error in errors] == ["entities.E011"]
    assert reason in errors[0].msg


def test_a_dot_at_the_end_of_a_columns_path_is_no_empty_key(tmp_path: Path) -> None:
    text = SOUND.replace('"price.amount"}', '"price.amount"} | {"number": "price."}')
    assert [message.id for message in check_text(tmp_path, text) if message.is_serious()] == []


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        ("row.0", "write batch='row' and payload='.'."),
        ("meta.rows.1.data", "write batch='meta.rows' and payload='data'."),
        ("0.row", "write batch='.' and payload='row'."),
    ],
)
def test_a_payload_that_is_one_item_of_a_list_is_named_with_what_reads_all(
    tmp_path: Path, payload: str, hint: str
) -> None:
    messages = check_text(tmp_path, SOUND.replace('"row"', f'"row {payload}", unsampled={{"": "{payload}"}}'))
    assert [message.id for message in messages] == ["entities.W022"]
    assert f"payload: {payload!r} reads one item of a list" in messages[0].msg
    assert hint in str(messages[0].hint)

"""A module is checked against its samples: what no sample has, and what is not read, is named."""

import json
from pathlib import Path

import pytest

from tests.support.checked_vendor import DEAL, SOUND, build_sample, check_text

pytestmark = pytest.mark.unit


def test_a_module_that_reads_its_samples_has_no_mistake(tmp_path: Path) -> None:
    assert check_text(tmp_path, SOUND) == []


def test_a_module_without_samples_is_named(tmp_path: Path) -> None:
    [warning] = check_text(tmp_path, SOUND, {})
    assert warning.id == "entities.W018"
    assert "has no sample" in warning.msg
    assert str(tmp_path / "samples" / "marigold") in str(warning.hint)


@pytest.mark.parametrize(
    ("before", "after", "reason", "hint"),
    [
        ("price.amount", "price.amout", "column 'value': no sample has 'price.amout'", "in 'price': amount."),
        ("price.amount", "prize.amount", "no sample has 'prize.amount'", "The samples have: price, "),
        ("price.amount", "price.amount sum", "no sample has 'sum'", "The samples have: "),
        ("price.amount", "/meta.sum", "no sample has '/meta.sum'", "in 'meta': kind, at."),
        ('"price.amount"}', '"price.amount"}, event_keys=("by",)', "event_keys: no sample has 'by'", ""),
        ('"row"', '"row data"', "payload: no sample has 'data'", "The samples have: meta, row."),
        ('"meta.at"', '"meta.at at"', "time: no sample has 'at'", ""),
        ('"row"', '"row", batch="items"', "batch: no sample has a list at 'items'", "take batch out"),
        ('"row"', '"row", delivery_keys="attempt"', "delivery_keys: no sample has 'attempt'", ""),
        ('CLIENT, "deleted")', 'CLIENT, "deleted") | {"deal.created": EventType(DEAL, merged="gone")}',
         "event 'deal.created', merged: no sample has 'gone'", ""),
    ],
)  # fmt: skip
def test_a_path_that_no_sample_has_is_named_with_the_keys_that_are_there(
    tmp_path: Path, before: str, after: str, reason: str, hint: str
) -> None:
    assert before in SOUND
    [warning] = check_text(tmp_path, SOUND.replace(before, after))
    assert warning.id == "entities.W014"
    assert reason in warning.msg
    assert hint in str(warning.hint)


def test_what_is_said_to_be_unsampled_is_meant(tmp_path: Path) -> None:
    text = SOUND.replace("price.amount", "price.amount sum").replace("title client", "title number client")
    text = text.replace('"row",', '"row data", unsampled={"": "data", "deal": "sum number"},')
    assert check_text(tmp_path, text) == []


def test_a_spelling_that_meets_nothing_is_named_with_the_one_that_does(tmp_path: Path) -> None:
    text = SOUND.replace("title client", "title client expected_close_date lost_reason")
    row = {"id": 5, "title": "A", "price": {"amount": 1}, "client": {"id": 1, "name": "B"}}
    row |= {"expected_close_date": "2026-03-01", "lost_reason": "C"}
    [warning] = check_text(tmp_path, text, {"deal.created.json": build_sample("deal.created", row)})
    assert warning.id == "entities.W020"
    assert "no sample has expected_close_date, lost_reason, spelled as in 'dueDate'" in warning.msg
    assert "Write spelling=Spelling.SNAKE_CASE" in str(warning.hint)


def test_a_column_that_no_sample_has_in_any_spelling_is_named(tmp_path: Path) -> None:
    [warning] = check_text(tmp_path, SOUND.replace("title client", "title client number"))
    assert (warning.id, "no sample has number" in warning.msg) == ("entities.W020", True)
    assert "Write the vendor's own keys" in str(warning.hint)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "does not read the sample x.json: not JSON"),
        (b'{"row": {"id": 1}}', "does not read the sample x.json: not an envelope: no event type"),
        (build_sample("deal.created", {"title": "A"}), "the payload carries no id (looked for id)"),
    ],
)
def test_a_sample_that_is_not_read_is_an_error(tmp_path: Path, body: bytes, reason: str) -> None:
    samples = {"deal.created.json": build_sample("deal.created"), "x.json": body}
    [error] = check_text(tmp_path, SOUND, samples)
    assert (error.id, error.is_serious()) == ("entities.E017", True)
    assert reason in error.msg
    assert "manage.py read marigold" in str(error.hint)


def test_a_type_that_the_module_does_not_have_is_to_be_added_or_its_sample_removed(tmp_path: Path) -> None:
    samples = {"deal.created.json": build_sample("deal.created"), "x.json": build_sample("deal.painted")}
    [error] = check_text(tmp_path, SOUND, samples)
    assert (error.id, error.is_serious()) == ("entities.E017", True)
    assert "ignores the sample x.json, of the type 'deal.painted'" in error.msg
    assert "Add the type to events; if the mirror has no model for such records" in str(error.hint)


def test_a_warning_with_which_samples_are_read_is_shown_once_with_the_first_of_them(tmp_path: Path) -> None:
    body = json.dumps({"meta": {"kind": "deal.created", "at": "1 March, at noon"}, "row": DEAL}).encode()
    samples = {"a.json": build_sample("deal.created"), "b.json": body, "c.json": body}
    [warning] = check_text(tmp_path, SOUND, samples)
    assert (warning.id, warning.is_serious()) == ("entities.W021", False)
    assert "reads a sample with a warning: " in warning.msg
    assert str(warning.hint).endswith("b.json")


@pytest.mark.parametrize(("keys", "missing"), [("label.text", "label.text"), ("label", "")])
def test_a_key_of_a_property_is_no_path(tmp_path: Path, keys: str, missing: str) -> None:
    text = SOUND.replace('"row",', f'"row", property_lists={{"fields": ("{keys}", "value")}},')
    row = DEAL | {"fields": [{"label": "Region", "value": "North"}]}
    messages = check_text(tmp_path, text, {"deal.created.json": build_sample("deal.created", row)})
    assert [(one.id, one.msg) for one in messages] == [
        ("entities.W014", f"property_lists 'fields': no property in the samples has {key!r}")
        for key in missing.split()
    ]
    assert all("The properties have: label, value." in str(one.hint) for one in messages)

"""Deletions that are none, and records that nothing deletes, are named."""

from pathlib import Path

import pytest

from tests.support.checked_vendor import SOUND, check_text

pytestmark = pytest.mark.unit
DELETES = '"created deleted"'


@pytest.mark.parametrize("verb", ["was_removed", "trashed", "contactErased", "purge", "markedAsDeleted"])
def test_a_type_that_reads_like_a_deletion_and_is_none_is_named(tmp_path: Path, verb: str) -> None:
    [warning] = check_text(tmp_path, SOUND.replace(DELETES, f'"created deleted {verb}"'))
    assert warning.id == "entities.W016"
    assert f"event 'deal.{verb}' reads like a deletion and is none" in warning.msg
    assert "Rank.DELETED" in str(warning.hint)


@pytest.mark.parametrize("rank", ["Rank.DELETED", "Rank.OTHER"])
def test_a_rank_that_is_written_is_meant(tmp_path: Path, rank: str) -> None:
    text = SOUND.replace(
        'CLIENT, "deleted")', f'CLIENT, "deleted") | {{"deal.trashed": EventType(DEAL, {rank})}}'
    )
    assert check_text(tmp_path, text) == []


@pytest.mark.parametrize("verb", ["restored", "closed", "archived", "dropbox"])
def test_other_words_are_no_deletions(tmp_path: Path, verb: str) -> None:
    assert check_text(tmp_path, SOUND.replace(DELETES, f'"created deleted {verb}"')) == []


def test_a_record_that_no_event_deletes_is_named_unless_that_is_meant(tmp_path: Path) -> None:
    text = SOUND.replace(DELETES, '"created"')
    (tmp_path / "one").mkdir()
    [warning] = check_text(tmp_path / "one", text)
    assert warning.id == "entities.W015"
    assert "no event deletes a record of entity 'deal'" in warning.msg
    (tmp_path / "two").mkdir()
    text = text.replace('"price.amount"}', '"price.amount"}, is_never_deleted=True')
    assert check_text(tmp_path / "two", text) == []


def test_an_open_set_of_types_may_delete(tmp_path: Path) -> None:
    text = SOUND.replace('event_types("deal", DEAL, "created deleted")', '{"deal.*": EventType(DEAL)}')
    assert check_text(tmp_path, text) == []

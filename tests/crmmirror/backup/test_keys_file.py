"""The keys that a restore takes: of a named file, of the backup, or of the environment."""

from pathlib import Path

import pytest

from crmmirror.backup.errors import BackupError
from crmmirror.backup.keys_file import KEYS_FILE, choose_keys, write_keys

pytestmark = pytest.mark.unit


def keys_of(place: str) -> dict[str, str]:
    return {"ENCRYPTION_KEYS": f"encryption key of {place}", "SECRET_KEY": f"secret key of {place}"}


@pytest.fixture(autouse=True)
def keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in keys_of("the environment").items():
        monkeypatch.setenv(name, value)


def test_the_keys_of_the_backup_count_and_not_those_of_another_mirror(tmp_path: Path) -> None:
    write_keys(tmp_path / KEYS_FILE, keys_of("the backup"))
    assert choose_keys(tmp_path, None) == keys_of("the backup")


def test_the_keys_of_the_named_file_count_most(tmp_path: Path) -> None:
    for name, place in ((KEYS_FILE, "the backup"), ("named", "the file")):
        write_keys(tmp_path / name, keys_of(place))
    assert choose_keys(tmp_path, tmp_path / "named") == keys_of("the file")


def test_for_a_backup_without_keys_the_environment_counts(tmp_path: Path) -> None:
    assert choose_keys(tmp_path, None) == keys_of("the environment")


def test_a_named_file_that_is_not_there_is_not_replaced_by_the_environment(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="--keys FILE"):
        choose_keys(tmp_path, tmp_path / "named")

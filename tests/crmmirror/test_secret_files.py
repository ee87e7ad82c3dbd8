"""Secrets that stand in files: read, refused in one line, and handed on to child processes."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from crmmirror.secret_files import SECRET_SETTINGS, export_secret_files, read_secret_files
from tests.crmmirror.test_settings import COMPLETE, assert_one_line, run_manage, settings_without
from tests.support.setting_names import settings_of_the_code

# True or false, whatever it sounds like.
NO_SECRETS = {"TRIAL_KEYS"}


@pytest.mark.unit
@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_a_secret_is_read_from_its_file_without_the_line_break_at_its_end(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a b\n")
    assert read_secret_files({f"{name}_FILE": str(file)}) == {name: "a b"}


@pytest.mark.unit
def test_an_empty_variable_is_none() -> None:
    assert read_secret_files({"SECRET_KEY_FILE": "", "SECRET_KEY": "x"}) == {}


@pytest.mark.unit
def test_exported_secrets_take_the_place_of_their_files(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a")
    values = {"SECRET_KEY_FILE": str(file), "SECRET_KEY": "", "HTTPS": "on"}
    export_secret_files(values)
    assert values == {"SECRET_KEY": "a", "HTTPS": "on"}
    assert read_secret_files(values) == {}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is no text")],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured) as error:
        read_secret_files({"METRICS_TOKEN_FILE": str(file)})
    assert f"METRICS_TOKEN_FILE names {file}" in str(error.value)
    assert reason in str(error.value)


@pytest.mark.unit
def test_each_setting_that_sounds_like_a_secret_may_stand_in_a_file() -> None:
    sounds = ("_KEY", "_KEYS", "_PASSWORD", "_TOKEN", "_SECRET")
    names = {name for name in settings_of_the_code() if name.endswith(sounds)} - NO_SECRETS
    assert names <= set(SECRET_SETTINGS), "add it to SECRET_SETTINGS and to docs/operate.md"


@pytest.mark.parametrize("name", COMPLETE)
def test_a_command_takes_a_secret_from_its_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(COMPLETE[name] + "\n")
    result = run_manage("migrate", **settings_without(name), **{f"{name}_FILE": str(file)})
    assert result.stderr.splitlines()[-1].startswith("error: the database at DATABASE_URL does not answer")


def test_a_setting_beside_its_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    result = run_manage("migrate", **COMPLETE, DATABASE_URL_FILE=str(tmp_path / "secret"))
    assert_one_line(result, "Both DATABASE_URL and DATABASE_URL_FILE are set")


def test_a_file_that_is_missing_is_an_error_of_one_line() -> None:
    result = run_manage("migrate", **settings_without("SECRET_KEY"), SECRET_KEY_FILE="/nonexistent/key")
    assert_one_line(result, "SECRET_KEY_FILE names /nonexistent/key", "No such file")

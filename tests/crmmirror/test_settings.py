"""What is missing or wrong in the environment is said in one line, with an exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.support.paths import PROJECT
from tests.support.ports import free_port

GOOD = {
    "SECRET_KEY": "s" * 60,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgresql:///nowhere?host=/nonexistent",
    "BROKER_URL": "redis://127.0.0.1:1/0",
}
NOWHERE = {"CRMMIRROR_STATE_DIR": "/nonexistent/state"}


def run(command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """manage.py with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        env=kept | NOWHERE | settings,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named_with_an_example(name: str) -> None:
    assert_one_line(run("migrate", **without(name)), name, "manage.py up")


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("DATABASE_URL", "nonsense", "scheme"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "sqlite"),
        ("DATABASE_URL", "postgresql://host:port/name", "postgresql://user:password@host/name"),
        ("DATABASE_URL", "postgresql://host", "names no database"),
        ("BROKER_URL", "nonsense", "scheme"),
        ("BROKER_URL", "http://broker", "http"),
        ("ENCRYPTION_KEYS", "short", "Fernet"),
        ("DEBUG", "maybe", "maybe"),
        ("HTTPS", "perhaps", "perhaps"),
        ("LOG_FORMAT", "xml", "json"),
        ("COOKIE_NAME_PREFIX", "sales;", "letters, digits, - and _, and begin with a letter or a digit"),
        ("COOKIE_NAME_PREFIX", "__Secure-", "such as sales-, not '__Secure-'"),
        ("COOKIE_NAME_PREFIX", "vertrieb-süd", "letters, digits"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_wrong(setting: str, value: str, why: str) -> None:
    assert_one_line(run("migrate", **(GOOD | {setting: value})), setting, why)


def test_a_wrong_url_is_not_shown_since_it_may_hold_a_password() -> None:
    done = run("migrate", **(GOOD | {"DATABASE_URL": "mysql://me:hunter2@host/name"}))
    assert "hunter2" not in done.stderr


def test_a_database_that_is_away_is_said_in_one_line() -> None:
    done = run("migrate", **GOOD)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: the database at DATABASE_URL does not answer")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "check --deploy --fail-level WARNING", "up --help"])
def test_commands_that_need_no_service_need_no_settings(command: str) -> None:
    assert run(command).returncode == 0


def test_a_value_with_a_dollar_sign_is_taken_as_it_is() -> None:
    """Not for the name of another variable."""
    odd = {"SECRET_KEY": "$HOME" + "k" * 50, "BROKER_URL": "redis://me:$a\\$b@127.0.0.1:1/0"}
    done = run("diffsettings", **(GOOD | odd))
    assert f"SECRET_KEY = {odd['SECRET_KEY']!r}" in done.stdout
    assert f"CELERY_BROKER_URL = {odd['BROKER_URL']!r}" in done.stdout


def test_debug_is_off_and_https_on_unless_the_environment_says_otherwise() -> None:
    done = run("diffsettings", **GOOD)
    assert "SECURE_SSL_REDIRECT = True" in done.stdout
    assert "\nDEBUG = " not in done.stdout


def test_a_state_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(f"up --port {free_port()}", CRMMIRROR_STATE_DIR=str(tmp_path / "file" / "state"))
    assert_one_line(done, "state directory", "file")

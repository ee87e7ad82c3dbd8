"""A missing or wrong setting is reported in one line, with an exit status that is not zero."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.support.paths import PROJECT
from tests.support.ports import free_port

COMPLETE = {
    "SECRET_KEY": "s" * 60,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgresql:///nowhere?host=/nonexistent",
    "BROKER_URL": "redis://127.0.0.1:1/0",
}
NO_STATE_DIRECTORY = {"CRMMIRROR_STATE_DIR": "/nonexistent/state"}


def run_manage(command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py with these settings and no others."""
    base_environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        env=base_environment | NO_STATE_DIRECTORY | settings,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def settings_without(name: str) -> dict[str, str]:
    return {key: value for key, value in COMPLETE.items() if key != name}


def assert_one_line(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (result.returncode, result.stderr.count("\n")) == (1, 1), result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("name", COMPLETE)
def test_a_missing_setting_is_named_with_an_example(name: str) -> None:
    assert_one_line(run_manage("migrate", **settings_without(name)), name, "manage.py up")


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
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
        ("STATEMENT_SECONDS", "0", "from 1 to"),
        ("STATEMENT_SECONDS", "99999999999", "from 1 to"),
        ("REQUEST_SECONDS", "9" * 5000, "from 1 to"),
        ("READER_CONNECTIONS", "many", "many"),
        ("DELIVERY_CONNECTIONS", "-1", "from 1 to"),
        ("TRUSTED_PROXIES", "0", "from 1 to"),
        ("TRUSTED_PROXIES", "two", "two"),
        ("WEB_URL", "mirror.example", "https://mirror.example"),
        ("WEB_URL", "https://me:secret@mirror.example", "without a user"),
        ("WEB_CA_FILE", "/nonexistent/ca.pem", "No such file"),
        ("WEB_CA_FILE", "manage.py", "holds no certificate"),
        ("DISPLAY_TIME_ZONE", "Dubai", "write one of the IANA names, such as Asia/Dubai"),
        ("COOKIE_NAME_PREFIX", "sales;", "letters, digits, - and _, and begin with a letter or a digit"),
        ("COOKIE_NAME_PREFIX", "__Secure-", "such as sales-, not '__Secure-'"),
        ("COOKIE_NAME_PREFIX", "vertrieb-süd", "letters, digits"),
    ],
)
def test_a_wrong_setting_is_named_with_the_reason(setting: str, value: str, reason: str) -> None:
    assert_one_line(run_manage("migrate", **(COMPLETE | {setting: value})), setting, reason)


def test_a_wrong_url_is_not_shown_since_it_may_hold_a_password() -> None:
    result = run_manage("migrate", **(COMPLETE | {"DATABASE_URL": "mysql://me:hunter2@host/name"}))
    assert "hunter2" not in result.stderr


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("DATABASE_URL", "postgresql://me:zq/xv@host/name"),
        ("BROKER_URL", "amqp://me:zq#xv@host//"),
    ],
)
def test_a_password_that_is_cut_is_to_be_percent_encoded(setting: str, url: str) -> None:
    result = run_manage("migrate", **(COMPLETE | {setting: url}))
    assert_one_line(result, setting, "percent-encode", "/ is %2F", "# is %23")
    assert not any(part in result.stderr for part in ("zq", "xv"))


@pytest.mark.parametrize(
    "program",
    [
        "granian --interface wsgi --port {port} crmmirror.wsgi:application",
        "granian --interface wsgi --respawn-failed-workers --port {port} crmmirror.wsgi:application",
        "celery --app crmmirror worker",
        "celery --app crmmirror beat",
        "celery --app crmmirror inspect ping",
        "celery --app crmmirror report",
        "celery --app crmmirror status",
    ],
)
def test_a_program_without_settings_ends_with_one_line_that_names_them(program: str) -> None:
    argv = [sys.executable, "-m", *program.format(port=free_port()).split()]
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    result = subprocess.run(
        argv,
        env=environment | NO_STATE_DIRECTORY,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = result.stderr.splitlines()
    # A web server that starts its workers again gives up after the second one.
    assert (result.returncode, len(lines)) == (1, 2 if "--respawn" in program else 1), result.stderr
    assert all(line.startswith("error: ") and all(word in line for word in COMPLETE) for line in lines)
    assert "Traceback" not in result.stdout


def test_a_database_that_is_away_is_reported_in_one_line() -> None:
    result = run_manage("migrate", **COMPLETE)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("error: the database at DATABASE_URL does not answer")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["check", "check --deploy --fail-level WARNING", "up --help"])
def test_commands_that_need_no_service_need_no_settings(command: str) -> None:
    assert run_manage(command).returncode == 0


def test_a_value_with_a_dollar_sign_is_read_unchanged() -> None:
    """django-environ reads such a value, by default, as the name of another variable."""
    values = {"SECRET_KEY": "$HOME" + "k" * 50, "BROKER_URL": "redis://me:$a\\$b@127.0.0.1:1/0"}
    result = run_manage("diffsettings", **(COMPLETE | values))
    assert f"SECRET_KEY = {values['SECRET_KEY']!r}" in result.stdout
    assert f"CELERY_BROKER_URL = {values['BROKER_URL']!r}" in result.stdout


def test_by_default_debug_is_off_and_https_is_on() -> None:
    result = run_manage("diffsettings", **COMPLETE)
    assert "SECURE_SSL_REDIRECT = True" in result.stdout
    assert "\nDEBUG = " not in result.stdout


def test_a_state_directory_that_cannot_be_made_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run_manage(f"up --port {free_port()}", CRMMIRROR_STATE_DIR=str(tmp_path / "file" / "state"))
    assert_one_line(result, "state directory", "file")

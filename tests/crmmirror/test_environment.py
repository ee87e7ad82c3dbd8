"""Reading and checking the environment, without a process; `test_settings` runs real commands."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from crmmirror.environment import OFFLINE_COMMANDS, REQUIRED, Environment, is_offline_command

pytestmark = pytest.mark.unit
COMPLETE = {
    "SECRET_KEY": "s" * 60,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgresql://me:secret@host/name",
    "BROKER_URL": "redis://host:6379/0",
}


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "], ids=["absent", "empty", "blank"])
def test_each_required_variable_that_is_missing_is_named_with_an_example(
    name: str, value: str | None
) -> None:
    values = {key: text for key, text in COMPLETE.items() if key != name}
    with pytest.raises(ImproperlyConfigured) as error:
        Environment(values if value is None else values | {name: value})
    assert f"{name} ({REQUIRED[name]})" in str(error.value)
    assert "manage.py up" in str(error.value)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        Environment({})
    assert [name for name in REQUIRED if name in str(error.value)] == list(REQUIRED)


@pytest.mark.parametrize("value", ["$HOME", "a$b", "\\$x", "$$"])
def test_a_dollar_sign_in_a_value_is_not_another_variable(value: str) -> None:
    assert Environment(COMPLETE | {"SECRET_KEY": value, "HOME": "/root"}).str("SECRET_KEY") == value


@pytest.mark.parametrize("program", ["/srv/manage.py", "/usr/bin/django-admin"])
@pytest.mark.parametrize("command", sorted(OFFLINE_COMMANDS))
def test_commands_that_touch_no_service_are_offline(
    program: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [program, command, "--option"])
    assert is_offline_command()


@pytest.mark.parametrize(
    "argv", [["manage.py", "migrate"], ["manage.py", "migrate", "check"], ["manage.py"], ["granian", "up"]]
)
def test_everything_else_needs_its_services(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", argv)
    assert not is_offline_command()


def test_the_type_checker_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(Path("/venv/bin/mypy")), "."])
    assert is_offline_command()

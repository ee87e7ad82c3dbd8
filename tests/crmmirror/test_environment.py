"""Reading and checking the environment, without a process; `test_settings` runs real commands."""

from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from kombu.utils.url import parse_url

from crmmirror.environment import (
    OFFLINE_COMMANDS,
    REQUIRED,
    Environment,
    is_offline_command,
    read_environment,
)

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


def test_an_empty_variable_counts_as_one_that_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As compose files and systemd units write what they leave open."""
    for name, value in {**COMPLETE, "EMAIL_URL": "", "DATABASE_URL": " "}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["manage.py", "up"])
    environment = read_environment(tmp_path)
    assert environment.str("EMAIL_URL", default="none") == "none"
    assert environment.str("DATABASE_URL").startswith("postgresql:///offline")


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


@pytest.mark.parametrize("url", [None, ""])
def test_a_restore_without_a_database_starts_one(url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "restore", "backup"])
    if url is None:
        monkeypatch.delenv("DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("DATABASE_URL", url)
    assert is_offline_command()


def test_the_type_checker_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [str(Path("/venv/bin/mypy")), "."])
    assert is_offline_command()


URLS = {
    "DATABASE_URL": ("postgresql://me:{}@host/name", lambda env: env.read_database()["PASSWORD"]),
    "BROKER_URL": ("amqp://me:{}@host//", lambda env: parse_url(env.read_broker_url())["password"]),
}
# The characters that end a password, and those that are read as they are meant.
CUTTING, HARMLESS = "/?#[]", ":@% "


def read_password(setting: str, password: str) -> str:
    """Return the password that is read from a URL with this one in it."""
    url, read = URLS[setting]
    return read(Environment(COMPLETE | {setting: url.format(password)}))


@pytest.mark.parametrize("setting", URLS)
@pytest.mark.parametrize("form", ["zq{}xv", "{}zqxv", "zqxv{}", "12{}xv", "z@q{}x:v", "{}{}"])
@pytest.mark.parametrize("character", CUTTING)
def test_a_password_that_a_character_cuts_is_to_be_percent_encoded(
    setting: str, form: str, character: str
) -> None:
    password = form.replace("{}", character)
    with pytest.raises(ImproperlyConfigured) as error:
        read_password(setting, password)
    message = str(error.value)
    assert f"{setting} must look like {REQUIRED[setting]}" in message
    assert (
        "percent-encode it: : is %3A, / is %2F, ? is %3F, # is %23, [ is %5B, ] is %5D, @ is %40" in message
    )
    assert not any(part in message for part in ("zq", "xv", "12"))
    assert read_password(setting, quote(password, safe="")) == password


@pytest.mark.parametrize("setting", URLS)
@pytest.mark.parametrize("character", HARMLESS)
def test_a_password_with_any_other_character_is_read_as_it_is(setting: str, character: str) -> None:
    password = f"zq{character}xv"
    assert read_password(setting, password) == read_password(setting, quote(password, safe="")) == password


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("DATABASE_URL", "postgresql://mirror@/mirror?host=%2Frun%2Fpostgresql"),
        ("DATABASE_URL", "postgresql:///mirror?host=/run/a@b"),
        ("BROKER_URL", "redis+socket:///run/a@b/valkey"),
        ("BROKER_URL", "redis://:secret@host:6379/0?ssl_cert_reqs=required"),
    ],
)
def test_a_url_that_is_whole_is_read(setting: str, url: str) -> None:
    environment = Environment(COMPLETE | {setting: url})
    assert environment.read_database()["NAME"]
    assert environment.read_broker_url()


def test_without_a_replica_its_address_is_empty() -> None:
    environment = Environment(COMPLETE)
    assert (environment.read_replica_url(), environment.read_replica_address({"USER": "me"})) == ("", {})


def test_what_the_replicas_address_leaves_out_is_that_of_the_database() -> None:
    environment = Environment(COMPLETE | {"REPLICA_URL": "postgresql://standby:6000/?sslmode=require"})
    address = environment.read_replica_address(environment.read_database())
    assert address == {
        "dbname": "name",
        "user": "me",
        "password": "secret",
        "host": "standby",
        "port": 6000,
        "sslmode": "require",
    }


def test_a_replica_that_is_no_postgresql_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="REPLICA_URL must look like postgresql://"):
        Environment(COMPLETE | {"REPLICA_URL": "mysql://standby/name"}).read_replica_url()

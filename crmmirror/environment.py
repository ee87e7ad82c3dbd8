"""Reads the environment; every mistake in it is one line that says what is wrong and how to mend it."""

import os
import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from crmmirror.embedded.state_directory import read_environment_file

# What the mirror cannot do without, each with an example that mends its absence.
REQUIRED = {
    "SECRET_KEY": "a long random string",
    "ENCRYPTION_KEYS": "Fernet.generate_key() of the cryptography library, comma-separated, newest first",
    "DATABASE_URL": "postgresql://user:password@host/name",
    "BROKER_URL": "redis://host:6379/0 or amqp://user:password@host//",
}
DATABASE_SCHEMES = {"postgres", "postgresql"}
BROKER_SCHEMES = {"redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "pyamqp"}
# Commands that read the code and the settings, and touch no service.
OFFLINE_COMMANDS = {
    "up",
    "check",
    "makemigrations",
    "spectacular",
    "diffsettings",
    "help",
    "--help",
    "version",
}


class Environment(environ.Env):
    """django-environ over `values`, strict where it would guess."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        # A value is what it is: the library would take $NAME for another variable's, passwords included.
        self.escape_proxy = True
        self.ENVIRON = {name: value.replace("$", r"\$") for name, value in values.items()}
        self._demand()

    def _demand(self) -> None:
        missing = [name for name in REQUIRED if not self.str(name, default="").strip()]
        if missing:
            hints = "; ".join(f"{name} ({REQUIRED[name]})" for name in missing)
            raise ImproperlyConfigured(f"Set {hints}; or start the embedded stack: manage.py up.")

    def flag(self, name: str, *, default: bool) -> bool:
        word = self.str(name, default=str(default)).strip().lower()
        if word not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            raise ImproperlyConfigured(f"{name} is neither true nor false: {word!r}.")
        return word in ("true", "1", "yes", "on")

    def seconds(self, name: str, *, default: int) -> int:
        """A whole number of seconds, not below 0."""
        word = self.str(name, default=str(default)).strip()
        if not (word.isascii() and word.isdigit()):
            raise ImproperlyConfigured(f"{name} is no whole number of seconds: {word!r}.")
        return int(word)

    def word(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices; the first is the default."""
        word = self.str(name, default=choices[0])
        if word not in choices:
            raise ImproperlyConfigured(f"{name} is {word!r}; it may be {' or '.join(choices)}.")
        return word

    def database(self) -> dict[str, Any]:
        """DATABASE_URL as Django's dictionary; PostgreSQL only."""
        parts = self._url("DATABASE_URL", DATABASE_SCHEMES)
        if not parts.strip("/"):
            raise ImproperlyConfigured(
                "DATABASE_URL names no database: postgresql://user:password@host/name."
            )
        return self.db_url("DATABASE_URL", engine="crmmirror.postgresql")

    def broker(self) -> str:
        self._url("BROKER_URL", BROKER_SCHEMES)
        return self.str("BROKER_URL")

    def fernet_keys(self) -> list[str]:
        keys = self.list("ENCRYPTION_KEYS")
        try:
            for key in keys:
                Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"ENCRYPTION_KEYS holds something else than {REQUIRED['ENCRYPTION_KEYS']}."
            ) from error
        return keys

    def metrics_directory(self) -> str:
        """PROMETHEUS_MULTIPROC_DIR; prometheus-client looks for it in the process's environment only."""
        name = "PROMETHEUS_MULTIPROC_DIR"
        directory = self.str(name, default="").strip()
        os.environ.pop(name, None)
        if directory:
            os.environ[name] = directory
        return directory

    def _url(self, name: str, schemes: set[str]) -> str:
        """The URL's path. The value is not shown: it may hold a password."""
        mend = f"{name} should read like {REQUIRED[name]}"
        try:
            parts = urlsplit(self.str(name))
            parts.port  # noqa: B018 - reading it is what checks it.
        except ValueError as error:
            raise ImproperlyConfigured(f"{mend}: {error}.") from error
        if parts.scheme not in schemes:
            raise ImproperlyConfigured(f"{mend}; its scheme is {parts.scheme or 'missing'}.")
        return parts.path


def read_environment(state_directory: Path) -> Environment:
    """The process's environment; then what the embedded stack wrote down for other terminals."""
    layers = [os.environ, read_environment_file(state_directory)]
    if is_offline_command():
        layers.append(_placeholders())
    return Environment(ChainMap(*layers))


def is_offline_command() -> bool:
    """Whether this process only reads the code, so that nothing needs to be there yet."""
    program = Path(sys.argv[0])
    return "mypy" in (program.name, program.parent.name) or (
        program.name in ("manage.py", "django-admin") and sys.argv[1:2] in [[c] for c in OFFLINE_COMMANDS]
    )


def _placeholders() -> dict[str, str]:
    return {
        "SECRET_KEY": get_random_secret_key(),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": "postgresql:///offline?host=/nonexistent",
        "BROKER_URL": "redis://nowhere.invalid",
    }

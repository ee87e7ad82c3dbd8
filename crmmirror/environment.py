"""Reads and checks the environment. Every error is one line that says what is wrong and how to correct it."""

import os
import re
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLError, create_default_context
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.utils import get_random_secret_key

from crmmirror.embedded.state_directory import read_environment_file
from crmmirror.lib.time_zones import UTC_NAME, validate_time_zone
from crmmirror.secret_files import read_secret_files

# The required settings, each with an example for the error message.
REQUIRED = {
    "SECRET_KEY": "a long random string",
    "ENCRYPTION_KEYS": "Fernet.generate_key() of the cryptography library, comma-separated, newest first",
    "DATABASE_URL": "postgresql://user:password@host/name",
    "BROKER_URL": "redis://host:6379/0 or amqp://user:password@host//",
}
# PostgreSQL counts a timeout in milliseconds, in 31 bits.
MAX_COUNT = 1_000_000
# Python refuses to read thousands of digits.
MAX_DIGITS = 18
DATABASE_SCHEMES = {"postgres", "postgresql"}
COOKIE_NAME_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
BROKER_SCHEMES = {"redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps", "pyamqp"}
SCHEME = re.compile(r"[a-z][a-z+]{0,20}")
PERCENT_ENCODE = (
    "If the user or the password contains one of the characters : / ? # [ ] @ % or a space, percent-encode"
    " it: : is %3A, / is %2F, ? is %3F, # is %23, [ is %5B, ] is %5D, @ is %40, % is %25 and a space is %20."
)
# Commands that read the code and the settings only, and so run before there is a database or a broker.
OFFLINE_COMMANDS = {
    "up",
    "check",
    "read",
    "makemigrations",
    "spectacular",
    "diffsettings",
    "help",
    "--help",
    "version",
}


class Environment(environ.Env):
    """The reader of variables: django-environ with stricter checks. Its methods raise ImproperlyConfigured.

    values: the environment, by name.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__()
        # Take values literally: the library would replace $NAME, also in a password, by another variable.
        self.escape_proxy = True
        self.ENVIRON = {name: value.replace("$", r"\$") for name, value in values.items()}
        self._check_required()

    def _check_required(self) -> None:
        missing = [name for name in REQUIRED if not self.str(name, default="").strip()]
        if missing:
            hints = "; ".join(f"{name} ({REQUIRED[name]})" for name in missing)
            raise ImproperlyConfigured(f"Set {hints}; or start the embedded stack: manage.py up.")

    def read_flag(self, name: str, *, default: bool) -> bool:
        """Read true or false, in one of the usual spellings."""
        word = self.str(name, default=str(default)).strip().lower()
        if word not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            raise ImproperlyConfigured(f"{name} must be true or false, not {word!r}.")
        return word in ("true", "1", "yes", "on")

    def read_seconds(self, name: str, *, default: int, unit: str = "seconds") -> int:
        """Read a whole number of seconds, or of another unit, 0 or more."""
        word = self.str(name, default=str(default)).strip()
        if not (word.isascii() and word.isdigit()):
            raise ImproperlyConfigured(f"{name} must be a whole number of {unit}, not {word!r}.")
        return int(word)

    def read_count(self, name: str, *, default: int) -> int:
        """Read a whole number, 1 or more and MAX_COUNT at most."""
        word = self.str(name, default=str(default)).strip()
        is_number = word.isascii() and word.isdigit() and len(word) <= MAX_DIGITS
        if not is_number or not 0 < int(word) <= MAX_COUNT:
            raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {MAX_COUNT}, not {word!r}.")
        return int(word)

    def read_choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Read one of the choices; the first is the default."""
        word = self.str(name, default=choices[0])
        if word not in choices:
            raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {word!r}.")
        return word

    def read_time_zone(self, name: str) -> str:
        """Read the IANA name of a time zone; UTC by default, which needs no time zones on the machine."""
        zone = self.str(name, default="").strip() or UTC_NAME
        try:
            if zone != UTC_NAME:
                validate_time_zone(zone)
        except ValidationError as error:
            raise ImproperlyConfigured(f"{name} cannot be used: {error.message}.") from error
        return zone

    def read_cookie_name_prefix(self, name: str) -> str:
        """Read the beginning of cookies' names, which may be empty.

        The first character is no underscore, so that it is not one of the prefixes that browsers give a
        meaning, such as "__Secure-".
        """
        prefix = self.str(name, default="").strip()
        if prefix and not COOKIE_NAME_PREFIX.fullmatch(prefix):
            raise ImproperlyConfigured(
                f"{name} must be letters, digits, - and _, and begin with a letter or a digit, such as"
                f" sales-, not {prefix!r}."
            )
        return prefix

    def read_web_url(self, name: str, *, default: str) -> str:
        """Read an address under which the mirror is reached; drop the slashes at its end.

        default: what counts if it is not set; an empty one allows an empty address.
        """
        url = self.str(name, default=default).strip().rstrip("/")
        if url == default:
            return url
        try:
            parts = urlsplit(url)
            is_usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or parts.scheme not in ("http", "https") or set(url) & set("@?#"):
            raise ImproperlyConfigured(
                f"{name} must be the address under which the mirror is reached, such as https://mirror.example,"
                " without a user, a query or a fragment."
            )
        return url

    def read_ca_file(self, name: str) -> str:
        """Read the path of a file of certificates; empty if there is none."""
        path = self.str(name, default="").strip()
        try:
            if path:
                create_default_context(cafile=path)
        except OSError as error:
            reason = "it holds no certificate" if isinstance(error, SSLError) else error.strerror
            raise ImproperlyConfigured(
                f"{name} must be a file of certificates as PEM, and {path} is none: {reason}."
            ) from error
        return path

    def read_database(self) -> dict[str, Any]:
        """Read DATABASE_URL, which must be of PostgreSQL, as an entry of Django's DATABASES."""
        path = self._read_url_path("DATABASE_URL", DATABASE_SCHEMES)
        if not path.strip("/"):
            raise ImproperlyConfigured(
                f"DATABASE_URL names no database; it must look like {REQUIRED['DATABASE_URL']}."
            )
        return self.db_url("DATABASE_URL", engine="crmmirror.postgresql")

    def read_replica_url(self) -> str:
        """Read REPLICA_URL, which looks like DATABASE_URL; empty if there is no replica."""
        if self.str("REPLICA_URL", default="").strip():
            self._read_url_path("REPLICA_URL", DATABASE_SCHEMES)
        return self.str("REPLICA_URL", default="").strip()

    def read_replica_address(self, database: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of psycopg by which the replica of an entry of DATABASES differs.

        What REPLICA_URL leaves out is that of DATABASE_URL.
        """
        if not self.str("REPLICA_URL", default="").strip():
            return {}
        replica = self.db_url("REPLICA_URL", engine="crmmirror.postgresql")
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        values = {name: replica.get(key) or database.get(key) for name, key in names.items()}
        return {name: value for name, value in values.items() if value} | replica.get("OPTIONS", {})

    def read_broker_url(self) -> str:
        """Read BROKER_URL, after a check of its scheme."""
        self._read_url_path("BROKER_URL", BROKER_SCHEMES)
        return self.str("BROKER_URL")

    def read_fernet_keys(self) -> list[str]:
        """Read ENCRYPTION_KEYS, the newest first."""
        keys = self.list("ENCRYPTION_KEYS")
        try:
            for key in keys:
                Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"ENCRYPTION_KEYS contains an invalid key; use {REQUIRED['ENCRYPTION_KEYS']}."
            ) from error
        return keys

    def export_metrics_directory(self) -> str:
        """Read PROMETHEUS_MULTIPROC_DIR, and put it into the process's environment.

        prometheus-client looks for it only there, also if it came from the state directory's file. An empty
        value is removed, because the library would take it for a directory.
        """
        name = "PROMETHEUS_MULTIPROC_DIR"
        directory = self.str(name, default="").strip()
        os.environ.pop(name, None)
        if directory:
            os.environ[name] = directory
        return directory

    def _read_url_path(self, name: str, schemes: set[str]) -> str:
        """Check a URL and return its path. The errors show nothing of the value, which may be a password."""
        expected = f"{name} must look like {REQUIRED.get(name, REQUIRED['DATABASE_URL'])}"
        url = self.str(name)
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 - reading it raises ValueError if it is not a number.
        except ValueError:
            raise ImproperlyConfigured(
                f"{expected}: its host or port cannot be read. {PERCENT_ENCODE}"
            ) from None
        if parts.scheme not in schemes:
            scheme = f"is {parts.scheme}" if SCHEME.fullmatch(parts.scheme) else "is missing"
            raise ImproperlyConfigured(f"{expected}; its scheme {scheme}.")
        if is_cut_by_special_character(url):
            raise ImproperlyConfigured(f"{expected}. {PERCENT_ENCODE}")
        return parts.path


def is_cut_by_special_character(url: str) -> bool:
    """Return True if a character of a URL's user or password has ended what a URL has before its path.

    Such a character is a slash, a question mark or a hash. What comes after it, up to the @ of the host, was
    taken for a path, a query or a fragment.
    """
    parts = urlsplit(url)
    return "#" in url or bool(parts.netloc and "@" in f"{parts.path}?{parts.query}")


@contextmanager
def exit_on_wrong_settings() -> Iterator[None]:
    """End the process with one line and the status 1 if the block finds settings missing or wrong."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")


def read_environment(state_directory: Path) -> Environment:
    """Return the process's environment, completed by what `manage.py up` wrote for other terminals.

    An empty variable counts as missing. Secrets may stand in files that the environment names. Offline
    commands also get placeholders for what is missing.
    """
    given = {name: value for name, value in os.environ.items() if value.strip()}
    layers = [read_secret_files(os.environ), given, read_environment_file(state_directory)]
    if is_offline_command():
        layers.append(_placeholders())
    return Environment(ChainMap(*layers))


def is_offline_command() -> bool:
    """Return True if this process only reads code and settings, so that it needs no service."""
    program = Path(sys.argv[0])
    if program.name not in ("manage.py", "django-admin"):
        return "mypy" in (program.name, program.parent.name)
    command = "".join(sys.argv[1:2])
    # Without a server it starts one, and runs itself once more on that.
    starts_server = command == "restore" and not os.environ.get("DATABASE_URL")
    return command in OFFLINE_COMMANDS or starts_server


def _placeholders() -> dict[str, str]:
    return {
        "SECRET_KEY": get_random_secret_key(),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": "postgresql:///offline?host=/nonexistent",
        "BROKER_URL": "redis://nowhere.invalid",
    }

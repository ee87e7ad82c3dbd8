"""Secrets that stand in files: `NAME_FILE` names the file that holds the setting `NAME`.

Whoever can see a process's environment, such as by `docker inspect`, then sees the path only.
"""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# The settings that hold a secret, or an address with a password in it.
SECRET_SETTINGS = (
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "DATABASE_URL",
    "REPLICA_URL",
    "BROKER_URL",
    "METRICS_TOKEN",
    "ADMIN_PASSWORD",
    "OIDC_CLIENT_SECRET",
    "EMAIL_URL",
)


def read_secret_files(values: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets whose files the variables name, by the setting's name.

    values: the environment, by name. White space around a file's content is dropped, because editors end a
    file with a line break. Raises ImproperlyConfigured, with nothing of a file's content.
    """
    files = {name: values.get(f"{name}_FILE", "").strip() for name in SECRET_SETTINGS}
    return {name: _read_secret(name, path, values) for name, path in files.items() if path}


def export_secret_files(values: MutableMapping[str, str] = os.environ) -> None:
    """Put the secrets of files into the environment, for the embedded stack and its child processes."""
    for name, secret in read_secret_files(values).items():
        values[name] = secret
        del values[f"{name}_FILE"]


def _read_secret(name: str, path: str, values: Mapping[str, str]) -> str:
    if values.get(name, "").strip():
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set: unset one of them.")
    try:
        secret = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is no text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {reason}.") from None
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return secret

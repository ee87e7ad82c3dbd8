"""The database roles of analysts: each may read the views of `entities.sql.sql_views`, and nothing else."""

import re
import secrets
from collections.abc import Collection

from django.db import connection, transaction

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.models import SqlReader
from entities.sql.sql_views import SCHEMA, create_views

# What needs no quotes in SQL, and fits PostgreSQL's 63 bytes.
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
MAX_CONNECTIONS = 4
# In seconds. A session may set another time for itself: PostgreSQL has no upper bound for a role.
STATEMENT_SECONDS = 60
IDLE_SECONDS = 300


class UnusableRole(Exception):
    """The role cannot be created or dropped. The text says why and what to do."""


def create_reader(role: str, source_ids: Collection[int] | None) -> tuple[SqlReader, str]:
    """Create a role; return its row and its password, which is not stored and cannot be shown again.

    source_ids: the sources whose rows it sees; None for all, also those to come. A role whose row is there
    and which the server does not know, as after a restored dump, is made again.
    Raises UnusableRole, and ProgrammingError if the mirror's own role may not create others.
    """
    if not ROLE_NAME.fullmatch(role):
        raise UnusableRole(
            f"{role!r} is no name for a role: write lower-case letters, digits and _, at most 63, and no"
            " digit at the beginning."
        )
    if fetch_value("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        raise UnusableRole(
            f"The database has a role {role!r} already. Choose another name, or drop it first."
        )
    password = secrets.token_urlsafe(32)
    with transaction.atomic():
        _create_role(role, password)
        reader, _ = SqlReader.objects.update_or_create(
            role=role, defaults={"source_ids": None if source_ids is None else sorted(source_ids)}
        )
        create_views()
    return reader, password


def drop_reader(role: str) -> SqlReader:
    """End a role's sessions, and drop it; return its row as it was. Raises UnusableRole if there is none."""
    reader = SqlReader.objects.filter(role=role).first()
    if reader is None:
        known = ", ".join(SqlReader.objects.order_by("role").values_list("role", flat=True))
        raise UnusableRole(f"{role!r} is no reader. There {f'are: {known}' if known else 'is none'}.")
    with transaction.atomic():
        if fetch_value("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            quoted = connection.ops.quote_name(role)
            execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role)
            execute(f"DROP OWNED BY {quoted}")
            execute(f"DROP ROLE {quoted}")
        reader.delete()
    return reader


def _create_role(role: str, password: str) -> None:
    quoted = connection.ops.quote_name(role)
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    # Encrypted here, so that no log of statements has the password.
    encrypted = connection.connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    execute(f"CREATE ROLE {quoted} LOGIN NOINHERIT CONNECTION LIMIT {MAX_CONNECTIONS} PASSWORD '{encrypted}'")
    settings = {
        "search_path": SCHEMA,
        "default_transaction_read_only": "on",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "timezone": "UTC",
    }
    for name, value in settings.items():
        execute(f"ALTER ROLE {quoted} IN DATABASE {database} SET {name} = '{value}'")
    execute(f"GRANT CONNECT ON DATABASE {database} TO {quoted}")

"""Empties the tables after a transactional test, in 10 ms.

Django's `flush` takes 120 ms, which about 700 tests would pay: TRUNCATE makes new files for all tables and
their indexes, full or not, and the permissions and the roles are then made again.
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

from tests.support.access_limits import restore_roles

# The tables whose rows are no test's own: Django and a migration make them.
KEPT_TABLES = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
_LINES = " UNION ALL ".join(f"SELECT '{name}' || t::text AS line FROM {name} t" for name in KEPT_TABLES)  # noqa: S608
DIGEST = f"SELECT md5(string_agg(line, ',' ORDER BY line)) FROM ({_LINES}) AS kept"  # noqa: S608
# Of a table of up to so many bytes, deleted rows may stay until a vacuum; a larger one gets a new file.
MAX_DELETED_BYTES = 64 * 1024

flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


class KeptRows:
    """Remembers the digest of the rows of KEPT_TABLES, as they are after a flush."""

    digest: str | None = None


def install() -> None:
    """Let transactional tests end with `empty_tables` in place of the flush."""
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]


def empty_tables(test_case: Any) -> None:
    """Empty all tables but the kept ones; if a test has changed those, or filled others, by a flush."""
    if not _delete_rows():
        flush(test_case)
        restore_roles()
        with connection.cursor() as cursor:
            KeptRows.digest = _read_digest(cursor)
    # As after a flush: some tests count the queries that fill this cache.
    ContentType.objects.clear_cache()


def _delete_rows() -> bool:
    """Delete the rows of all tables but the kept ones; return False if that takes a flush."""
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        # Wait, as TRUNCATE would, for the transactions of servers and threads that outlast the test: what
        # they write must not reach the next one.
        cursor.execute(f"LOCK TABLE {', '.join(map(quote, names))} IN ACCESS EXCLUSIVE MODE")
        if _read_digest(cursor) != KeptRows.digest:
            return False
        sizes = _read_sizes(cursor, set(names) - set(KEPT_TABLES))
        if any(size > MAX_DELETED_BYTES for size in sizes.values()):
            return False
        # References are checked at the end of the transaction, so any order will do.
        if sizes:
            cursor.execute("; ".join(f"DELETE FROM {quote(name)}" for name in sizes))  # noqa: S608
    return True


def _read_digest(cursor: CursorWrapper) -> str:
    """Return a digest of all rows of KEPT_TABLES."""
    cursor.execute(DIGEST)
    return cursor.fetchone()[0]


def _read_sizes(cursor: CursorWrapper, names: set[str]) -> dict[str, int]:
    """Return the bytes of those tables that a row was ever written to since they were truncated."""
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class"
        " WHERE relname = ANY(%s) AND pg_relation_size(oid) > 0 AND pg_table_is_visible(oid)",
        [sorted(names)],
    )
    return dict(cursor.fetchall())

"""Numbers the changes that are committed, in short transactions under one advisory lock.

A number is given after the commit, and not by the writer: the number of a transaction that commits late
would come after greater ones that somebody has read already. The lock is held until the numbers are
committed, so whoever sees a number sees all smaller ones.
"""

from django.db import DatabaseError, transaction

from crmmirror.lib.database.cursors import execute, fetch_value
from crmmirror.lib.database.transient_errors import is_read_only
from entities.feed.change_notes import CHANGE_TABLE, NOTE_TABLE, UNNEST_NOTE
from entities.models import FeedLife

# Any number that no other program locks in this database.
LOCK_KEY = 0x4352_4D46
# Notes in one transaction: it writes up to 10,000 rows, which takes some 0.2 s.
MAX_NOTES = 10
# Transactions in one call. A first numbering of a large mirror goes on with the next call.
MAX_ROUNDS = 4

LIFE_TABLE = FeedLife._meta.db_table
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
HAS_NOTES = f'SELECT EXISTS (SELECT FROM "{NOTE_TABLE}")'
# Whatever restores a database starts its server (a copy of its files, a recovery to a point in time), goes on
# on another one (a standby), or makes the database or the table anew (a dump).
BEGIN_LIFE = f"""
    INSERT INTO "{LIFE_TABLE}" (life, server_run, first_number)
    SELECT gen_random_uuid(), present.server_run, (SELECT coalesce(max(number), 0) + 1 FROM "{CHANGE_TABLE}")
    FROM (
        SELECT md5(concat_ws('/',
            extract(epoch FROM pg_postmaster_start_time()),
            (SELECT oid FROM pg_database WHERE datname = current_database()),
            pg_relation_filenode('"{CHANGE_TABLE}"'::regclass)
        )) AS server_run
    ) AS present
    WHERE server_run IS DISTINCT FROM (SELECT server_run FROM "{LIFE_TABLE}" ORDER BY id DESC LIMIT 1)
"""
# Two notes of one record: the later one has the row's present id, as only a rebuild makes a row anew.
NUMBER_NOTES = f"""
    WITH taken AS (
        DELETE FROM "{NOTE_TABLE}" WHERE id = ANY (ARRAY(SELECT id FROM "{NOTE_TABLE}" ORDER BY id LIMIT %s))
        RETURNING *
    ), change AS (
        SELECT DISTINCT ON (source_id, record_type, scope, external_id)
            noted.*, max(noted_at) OVER (PARTITION BY source_id, record_type, scope, external_id) AS noted_at
        FROM taken, {UNNEST_NOTE}
        ORDER BY source_id, record_type, scope, external_id, id DESC
    ), numbered AS (
        SELECT *, row_number() OVER () + (SELECT coalesce(max(number), 0) FROM "{CHANGE_TABLE}") AS number
        FROM change
    )
    INSERT INTO "{CHANGE_TABLE}" AS held
        (number, first_number, record_type, record_id, source_id, scope, external_id, noted_at)
    SELECT number, number, record_type, record_id, source_id, scope, external_id, noted_at FROM numbered
    ON CONFLICT (source_id, record_type, scope, external_id) DO UPDATE SET
        number = excluded.number, record_id = excluded.record_id,
        noted_at = greatest(held.noted_at, excluded.noted_at)
"""


def number_changes() -> None:
    """Give committed changes their numbers. Does nothing where the database is read-only, as a standby is.

    Whoever finds the lock taken may go: its holder looks for notes again after its commit, and sees all that
    were committed before the lock was tried.
    """
    try:
        for _ in range(MAX_ROUNDS):
            if not fetch_value(HAS_NOTES) or not number_notes_if_unlocked():
                return
    except DatabaseError as error:
        if not is_read_only(error):
            raise


def number_notes_if_unlocked() -> bool:
    """Number up to MAX_NOTES notes in a transaction; return False if somebody else is at it."""
    with transaction.atomic():
        if not take_numbering_lock():
            return False
        number_notes()
    return True


def take_numbering_lock() -> bool:
    """Take the lock for the rest of the transaction; return False, without waiting, if it is taken."""
    return bool(fetch_value(TRY_LOCK, LOCK_KEY))


def number_notes() -> None:
    """Number up to MAX_NOTES notes, in a new life if the server has started since the last time.

    The caller holds the lock, and calls this after the statement that took it: only so it sees the numbers
    that the former holder has committed.
    """
    execute(BEGIN_LIFE)
    execute(NUMBER_NOTES, MAX_NOTES)

"""Stores and looks up the marks of erased persons, by their keyed hashes."""

import secrets
from collections.abc import Iterable

from crmmirror.lib.database.cursors import execute, fetch_rows, fetch_value
from entities.erasure.marks import KnownMarks, Mark, digest_mark
from entities.models import Erasure, ErasureKey, ErasureMark
from events.sources.encryption import decrypt, encrypt

MARKS, ERASURES = ErasureMark._meta.db_table, Erasure._meta.db_table
KEY_BYTES = 32
ONLY_ROW = 1
READ_GENERATION = f'SELECT coalesce(max(id), 0) FROM "{ERASURES}"'
FIND = f'SELECT DISTINCT digest FROM "{MARKS}" WHERE digest = ANY(%s)'
INSERT = f"""
    INSERT INTO "{MARKS}" (erasure_id, digest) SELECT %s, unnest(%s::bytea[]) ON CONFLICT DO NOTHING
"""
DELETE = f'DELETE FROM "{MARKS}" WHERE erasure_id = ANY(%s)'


def read_generation() -> int:
    """Return the number of the last erasure; 0 if there has been none, and nothing is to be withheld."""
    return int(fetch_value(READ_GENERATION))


def find_marks(marks: Iterable[Mark]) -> KnownMarks:
    """Return those of the marks that exist. Raises NoEncryptionKey if their key cannot be decrypted."""
    wanted = set(marks)
    secret = _read_secret() if wanted else None
    if secret is None:
        return KnownMarks()
    digests = {digest_mark(secret, mark): mark for mark in wanted}
    found = fetch_rows(FIND, list(digests))
    return KnownMarks(frozenset(digests[bytes(digest)] for (digest,) in found))


def write_marks(erasure: Erasure, marks: Iterable[Mark]) -> None:
    """Add marks to an erasure; those that it has already are left alone."""
    secret = _read_secret() or _make_secret()
    execute(INSERT, erasure.pk, sorted(digest_mark(secret, mark) for mark in set(marks)))


def find_erasures(marks: Iterable[Mark]) -> list[Erasure]:
    """Return the erasures that have one of these marks, the first one first."""
    secret = _read_secret()
    if secret is None:
        return []
    digests = [digest_mark(secret, mark) for mark in set(marks)]
    return list(Erasure.objects.filter(marks__digest__in=digests).distinct().order_by("id"))


def delete_marks(erasures: Iterable[Erasure]) -> int:
    """Delete the marks of these erasures; return how many there were."""
    return execute(DELETE, [erasure.pk for erasure in erasures])


def _read_secret() -> bytes | None:
    row = ErasureKey.objects.filter(pk=ONLY_ROW).first()
    return bytes.fromhex(decrypt(bytes(row.ciphertext))) if row else None


def _make_secret() -> bytes:
    """Make the key of the marks. Two that are made at the same time are one: the second is not stored."""
    made = secrets.token_bytes(KEY_BYTES)
    ErasureKey.objects.bulk_create(
        [ErasureKey(id=ONLY_ROW, ciphertext=encrypt(made.hex()))], ignore_conflicts=True
    )
    return _read_secret() or made

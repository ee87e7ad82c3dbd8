"""Marks: by which an erased person's records and addresses are known again. Pure."""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from entities.erasure.marked_addresses import Address
from entities.reading.mapped_event import RecordKey
from entities.writing.source_statement import SourceKey


class MarkKind(StrEnum):
    """The kind of thing that a mark stands for.

    ERASED: a record of the person. REFERRING: a record that refers or referred to him. ADDRESS: an email or a
    phone of his.
    """

    ERASED = "erased"
    REFERRING = "referring"
    ADDRESS = "address"


class Extent(NamedTuple):
    """The part of the mirror in which an address is marked. source_id: 0 for all; scope: empty for all."""

    source_id: int = 0
    scope: str = ""


class Mark(NamedTuple):
    """A mark before it is hashed. name: the model's name, or the kind of address. text: the id or address."""

    kind: MarkKind
    source_id: int
    scope: str
    name: str
    text: str


def mark_record(kind: MarkKind, key: SourceKey) -> Mark:
    """Return the mark of a record."""
    source_id, (model, scope, external_id) = key
    return Mark(kind, source_id, scope, model, external_id)


def key_of_mark(mark: Mark) -> SourceKey:
    """Return the key of the record that is marked."""
    return mark.source_id, RecordKey(mark.name, mark.scope, mark.text)


def mark_address(extent: Extent, address: Address) -> Mark:
    """Return the mark of an address."""
    return Mark(MarkKind.ADDRESS, *extent, *address)


def digest_mark(secret: bytes, mark: Mark) -> bytes:
    """Return the HMAC-SHA256 of a mark."""
    return hmac.digest(secret, json.dumps(mark).encode(), "sha256")


@dataclass(frozen=True)
class KnownMarks:
    """The marks, of those that were asked for, that exist."""

    marks: frozenset[Mark] = frozenset()

    def is_erased(self, key: SourceKey) -> bool:
        """Return True if the record is an erased person's."""
        return mark_record(MarkKind.ERASED, key) in self.marks

    def is_referring(self, key: SourceKey) -> bool:
        """Return True if the record refers, or referred, to an erased person."""
        return mark_record(MarkKind.REFERRING, key) in self.marks

    def has_address(self, key: SourceKey, addresses: Iterable[Address]) -> bool:
        """Return True if one of the addresses is an erased person's, where this record is."""
        if not self.marks:
            return False
        places = extents_of(key[0], key[1].scope)
        return any(mark_address(place, address) in self.marks for address in addresses for place in places)

    def with_marks(self, marks: Iterable[Mark]) -> "KnownMarks":
        """Return these and other marks."""
        return KnownMarks(self.marks | frozenset(marks))


def extents_of(source_id: int, scope: str) -> tuple[Extent, ...]:
    """Return every extent that covers a sub-account of a source."""
    return tuple(dict.fromkeys((Extent(source_id, scope), Extent(source_id), Extent())))

"""The values that mapping an event gives: statements about records. Pure."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from entities.reading.envelopes.envelope import Envelopes
from entities.stored_events import StoredEvent


class Unmappable(ValueError):
    """An event of a known type that names no record. The message says what is missing.

    scope: the sub-account's id, or empty.
    """

    scope = ""


class RecordKey(NamedTuple):
    """The key of a record within its source.

    model: the model's name. scope: the sub-account's id, or empty. external_id: the vendor's id.
    """

    model: str
    scope: str
    external_id: str


class Statement(NamedTuple):
    """The writes of one event to one record.

    Speed: a frozen dataclass takes four times as long to make, and an event has some of them.

    writes: register name -> JSON value or Invalid; the other record's external id for a reference;
        empty if the event only refers to the record.
    omitted: the number of the event's keys that are not in `writes` by name, because `extra` is bounded.
    """

    key: RecordKey
    clock: str
    writes: dict[str, Any]
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """A stored body with its statements about records.

    known: whether the vendor's module has the type of any of its events.
    scope: the sub-account's id; empty if there is none, or if its events are of several.
    """

    event: StoredEvent
    envelopes: Envelopes
    known: bool
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]
    scope: str

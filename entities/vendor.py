"""The words in which a vendor's module describes its webhooks: tables only, no behaviour.

A vendor module in `entities/vendors/` holds one `VENDOR`. It names, for each kind of record, the
columns that the vendor fills and the vendor's own words for them; names alike (camelCase to
snake_case) need none. `entities.plan` turns the tables into lookups, `entities.checks` checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final


class Rank(IntEnum):
    """What a write's clock says between the event's time and its digest."""

    COPY = 0
    CREATED = 1
    OTHER = 2
    DELETED = 3


EVENT_TIME: Final = object()
"""In `says`: the event's own time."""


@dataclass(frozen=True)
class Entity:
    """One kind of record that a vendor sends.

    model: the mirrored model's name, in lower case.
    id: the payload's keys that may hold the record's id, first come first.
    columns: column -> the vendor's words for it, separated by spaces, preferred first; a word with
        a dot looks into an embedded object. The conventional words (`dueDate` for `due_date`,
        `stageId` and `stage.id` for `stage_ref`, `stageName` and `stage.name` for `stage_name`,
        `clientId` and `client` for a reference) need not be named.
    adds: key -> set column to which the key's value is one addition.
    links: keys of objects that name the record referred to and say nothing else of it; they are kept.
    about_event: keys that describe the event, not the record; they are not kept.
    words: column -> the vendor's word in lower case -> the common word.
    digest_id: a record that comes without an id is a fact of its own, keyed by its event's digest.
    """

    model: str
    id: tuple[str, ...]
    columns: Mapping[str, str]
    adds: Mapping[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    about_event: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    digest_id: bool = False


@dataclass(frozen=True)
class EventType:
    """What an event of one type is about, and what its very name says.

    says: column -> value that the event's name says where the payload has none.
    """

    entity: Entity
    rank: Rank = Rank.OTHER
    says: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Vendor:
    """A vendor: how it signs, how it wraps, and what it sends.

    scheme: the signature scheme that a new source of this vendor gets (`events.models.Scheme`).
    type_key, time_key, payload_keys: the envelope's keys.
    scope: the entity of its sub-accounts, whose id scopes every other record's.
    beside: reference column -> payload key -> the referred record's column of which a value beside
        the reference is a copy, beyond the conventional ones (`leadName` beside `leadId`).
    """

    name: str
    label: str
    scheme: str
    events: Mapping[str, EventType]
    type_key: str = "event"
    time_key: str = "timestamp"
    payload_keys: tuple[str, ...] = ("payload", "data")
    scope: Entity | None = None
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def event_types(self) -> tuple[str, ...]:
        return tuple(self.events)

    @property
    def entities(self) -> dict[str, Entity]:
        """Model name -> the table of the records of that kind."""
        found = {event.entity.model: event.entity for event in self.events.values()}
        return found | ({self.scope.model: self.scope} if self.scope else {})


RANKS = {"created": Rank.CREATED, "deleted": Rank.DELETED}


def events(prefix: str, entity: Entity, verbs: str, **says: Mapping[str, object]) -> dict[str, EventType]:
    """`prefix.verb` for each of the verbs; `says` by verb is what the name itself says."""
    return {
        f"{prefix}.{verb}": EventType(entity, RANKS.get(verb, Rank.OTHER), says.get(verb, {}))
        for verb in verbs.split()
    }


def alike(names: str) -> dict[str, str]:
    """Columns whose vendor's word is the column's own in camelCase."""
    return dict.fromkeys(names.split(), "")

"""The language in which a vendor's module describes its webhooks: tables only, no behaviour.

A module in `entities/vendors/` holds one `VENDOR`. It names, for each kind of record, the columns that the
vendor fills and the vendor's own keys for them; keys that are spelled like the column (camelCase for
snake_case) need not be named. `entities.reading.plan` turns the tables into lookups, `entities.checks`
checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from entities.merge.clock import Rank
from entities.signature_language import Signature

EVENT_TIME: Final = object()
"""In `EventType.implied`: the event's own time."""


@dataclass(frozen=True)
class Entity:
    """One kind of record that a vendor sends.

    model: the mirrored model's name, in lower case.
    id: the payload's keys that may hold the record's id; the first that is there counts.
    columns: column -> the vendor's keys for it, separated by spaces, preferred first; a dot looks into
        an embedded object. The conventional keys (`dueDate` for `due_date`, `stageId` and `stage.id` for
        `stage_ref`, `stageName` and `stage.name` for `stage_name`, `clientId` and `client` for a
        reference) need not be named.
    additions: key -> set column to which the key's value is added (`tagName` -> `tags`).
    link_keys: keys of objects that name the record referred to and are not copies of it; they are kept
        in `extra`.
    event_keys: keys that describe the event, not the record; they are not kept.
    translations: column -> the vendor's word in lower case -> the common word.
    identified_by_digest: whether a record that comes without an id is a fact of its own, whose id is its
        event's digest.
    """

    model: str
    id: tuple[str, ...]
    columns: Mapping[str, str]
    additions: Mapping[str, str] = field(default_factory=dict)
    link_keys: tuple[str, ...] = ()
    event_keys: tuple[str, ...] = ()
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    identified_by_digest: bool = False


@dataclass(frozen=True)
class EventType:
    """One type of event: the kind of record that it is about, and its rank.

    implied: column -> the value that the type's very name implies; it counts if the payload has none.
    """

    entity: Entity
    rank: Rank = Rank.OTHER
    implied: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Vendor:
    """A vendor: how it signs, how its envelope looks, and what it sends.

    signatures: how it signs; any of them proves a delivery, and the mirror signs by the first.
    type_key, time_key, payload_keys: the envelope's keys.
    scope: the entity of its sub-accounts, whose id scopes every other record's.
    reference_copies: reference column -> payload key -> the referred record's column of which the value
        under that key is a copy, beyond the conventional ones (`leadName` beside `leadId`).
    """

    name: str
    label: str
    signatures: tuple[Signature, ...]
    events: Mapping[str, EventType]
    type_key: str = "event"
    time_key: str = "timestamp"
    payload_keys: tuple[str, ...] = ("payload", "data")
    scope: Entity | None = None
    reference_copies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def event_types(self) -> tuple[str, ...]:
        return tuple(self.events)

    @property
    def entities(self) -> dict[str, Entity]:
        """Model name -> the entity of that model."""
        entities = {event.entity.model: event.entity for event in self.events.values()}
        return entities | ({self.scope.model: self.scope} if self.scope else {})


RANKS = {"created": Rank.CREATED, "deleted": Rank.DELETED}


def event_types(
    prefix: str, entity: Entity, verbs: str, **implied: Mapping[str, object]
) -> dict[str, EventType]:
    """Return the event type `prefix.verb` for each of the verbs, which spaces separate.

    implied: by verb, what the type's name implies (`paid={"status": "paid"}`).
    """
    return {
        f"{prefix}.{verb}": EventType(entity, RANKS.get(verb, Rank.OTHER), implied.get(verb, {}))
        for verb in verbs.split()
    }


def same_names(names: str) -> dict[str, str]:
    """Return these columns, which spaces separate, as columns whose key is the column's name in camelCase."""
    return dict.fromkeys(names.split(), "")

"""The language in which a vendor's module describes its webhooks: tables only, no behaviour.

A module in `entities/vendors/` holds one `VENDOR`. It names, for each kind of record, the columns that the
vendor fills and the paths of their values; keys that are spelled like the column need not be named.
Everything that the mirror looks for in a body is found by paths (`entities.reading.paths`): `stage.name`
looks inside, `emails.0.value` counts into a list, `/meta.entity_id` starts at the root of the body instead of
the payload, `.` is the value itself, and spaces separate alternatives, preferred first.
`entities.reading.plans` turns the tables into lookups, `entities.checks` checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from entities.merge.clock import Rank as Rank
from entities.signature_language import Signature

if TYPE_CHECKING:
    from entities.resource_language import Api

EVENT_TIME: Final = object()
"""In `EventType.implied`: the event's own time."""


class Spelling(Enum):
    """The spelling of keys that mean the same as a column: `due_date` is the vendor's dueDate or due_date."""

    CAMEL_CASE = "dueDate"
    SNAKE_CASE = "due_date"
    PASCAL_CASE = "DueDate"
    KEBAB_CASE = "due-date"
    UPPER_CASE = "DUE_DATE"
    CAPITALIZED = "Due_Date"
    WORDS = "Due Date"


class BodyFormat(Enum):
    """The format of bodies. In a form, `contact[emails][0]=a` is a list in an object; each value is text."""

    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Entity:
    """One kind of record that a vendor sends.

    model: the mirrored model's name, in lower case.
    id: the paths of the record's id; the first that has one counts.
    columns: column -> the paths of its value. The conventional ones (`dueDate` for `due_date`, `stageId` and
        `stage.id` for `stage_ref`, `stageName` and `stage.name` for `stage_name`, `clientId` and `client` for
        a reference, in the vendor's spelling) need not be named. Of a reference, what ends in `id` is the
        other record's id, and anything else the embedded record.
    additions: key -> set column to which the key's value is added (`tagName` -> `tags`).
    link_keys: keys of objects that name the record referred to and are not copies of it; they are kept
        in `extra`.
    event_keys: keys that describe the event, not the record; they are not kept.
    translations: column -> the vendor's word in lower case -> the common word.
    scales: column of amounts -> how many of the vendor's units are one (100 for cents).
    identified_by_digest: whether a record that comes without an id is a fact of its own, whose id is its
        event's digest.
    is_never_deleted: whether the vendor has no event by which a record of the kind ends.
    """

    model: str
    id: str
    columns: Mapping[str, str]
    additions: Mapping[str, str] = field(default_factory=dict)
    link_keys: tuple[str, ...] = ()
    event_keys: tuple[str, ...] = ()
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    identified_by_digest: bool = False
    is_never_deleted: bool = False


@dataclass(frozen=True)
class EventType:
    """One type of event: the kind of record that it is about, and its rank.

    rank: None for that of the verb, the type's last word (see RANKS).
    implied: column -> the value that the type's very name implies; it counts if the payload has none.
    id: the paths of the record's id in events of this type, if not those of the entity.
    columns: column -> paths, of this type alone, in addition to those of the entity.
    ended: the paths of a flag that, if it is true, makes these columns null: an association that ended.
    merged: paths of ids, and of lists of ids, all of which count: those of records that end in this one.
    """

    entity: Entity
    rank: Rank | None = None
    implied: Mapping[str, object] = field(default_factory=dict)
    id: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    ended: str = ""
    merged: str = ""


@dataclass(frozen=True, eq=False)
class Vendor:
    """A vendor: how it signs, how its envelope looks, and what it sends.

    signatures: how it signs; any of them proves a delivery, and the mirror signs by the first.
    events: the event's type -> what it means; a type that ends in `*` stands for all that begin so.
    batch: the paths of the list, if a body has several events: `.` if the body is the list. What stands in it
        is an event, or the bare id of a record. In its events, paths start at the event.
    type: the paths of the event's type; a tuple of them if the type has several parts, which dots join.
    time: the paths of the event's time.
    payload: the paths of the record in the event; the first that is an object counts.
    untyped: the type of events that name none, where a vendor's bodies are all of one kind.
    property_keys: the keys of a property's name and of its value, where an event has one property so.
    property_lists: the path of a list of properties in the payload -> the keys of a property's name and of
        its value. The list is read as an object that has the properties as its keys.
    time_formats: how it writes times that are neither ISO 8601 nor an epoch, as strptime has them
        (`%d/%m/%Y %H:%M`).
    body_format: JSON, or a form.
    delivery_keys: paths in the payload that describe the delivery, not the record; they are not kept.
    scope: the entity of its sub-accounts, whose id scopes every other record's.
    reference_copies: reference column -> payload key -> the referred record's column of which the value
        under that key is a copy, beyond the conventional ones (`leadName` beside `leadId`).
    api: what the vendor's API lists (`entities.resource_language`); None if nothing can be loaded from it.
    unsampled: model, or empty for the envelope -> the paths, and the columns that are spelled like their
        names, that no sample has and that are meant all the same. Checks then say nothing about them.
    """

    name: str
    label: str
    signatures: tuple[Signature, ...]
    events: Mapping[str, EventType]
    batch: str = ""
    type: str | tuple[str, ...] = "event"
    time: str = "timestamp"
    payload: str = "payload data"
    untyped: str = ""
    property_keys: tuple[str, str] | None = None
    property_lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    time_formats: tuple[str, ...] = ()
    body_format: BodyFormat = BodyFormat.JSON
    delivery_keys: str = ""
    spelling: Spelling = Spelling.CAMEL_CASE
    scope: Entity | None = None
    reference_copies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    api: "Api | None" = None
    unsampled: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_types(self) -> tuple[str, ...]:
        return tuple(self.events)

    @property
    def type_parts(self) -> tuple[str, ...]:
        """The paths of each part of the event's type."""
        return (self.type,) if isinstance(self.type, str) else self.type

    @property
    def entities(self) -> dict[str, Entity]:
        """Model name -> the entity of that model."""
        entities = {event.entity.model: event.entity for event in self.events.values()}
        return entities | ({self.scope.model: self.scope} if self.scope else {})


CREATION_VERBS = "create created creation add added insert inserted"
DELETION_VERBS = "delete deleted deletion remove removed destroy destroyed"
# Restoring ranks like any other event: it undoes a deletion of an earlier time.
RESTORATION_VERBS = "restore restored undelete undeleted"
RANKS: Final[Mapping[str, Rank]] = {
    **dict.fromkeys(CREATION_VERBS.split(), Rank.CREATED),
    **dict.fromkeys(DELETION_VERBS.split(), Rank.DELETED),
    **dict.fromkeys(RESTORATION_VERBS.split(), Rank.OTHER),
}
"""The verb of an event's type, in lower case -> the rank of its writes. Any other verb has Rank.OTHER."""


def rank_of(verb: str) -> Rank:
    """Return the rank of an event's writes, from the verb of its type."""
    return RANKS.get(verb.lower(), Rank.OTHER)


def event_types(
    prefix: str,
    entity: Entity,
    verbs: str,
    *,
    joint: str = ".",
    suffix: str = "",
    **implied: Mapping[str, object],
) -> dict[str, EventType]:
    """Return the event type `prefix.verb` for each of the verbs, which spaces separate.

    joint: what stands between the two; empty for types such as ContactCreate. suffix: what stands behind.
    implied: by verb, what the type's name implies (`paid={"status": "paid"}`).
    """
    return {
        # Another verb has no rank of its own: a check asks whether it is a deletion by another name.
        f"{prefix}{joint}{verb}{suffix}": EventType(entity, RANKS.get(verb.lower()), implied.get(verb, {}))
        for verb in verbs.split()
    }


def same_names(names: str, inside: str = "") -> dict[str, str]:
    """Return these columns, which spaces separate, as columns whose key is spelled like their name.

    inside: the paths of the object that has these keys, if it is not the payload.
    """
    return dict.fromkeys(names.split(), " ".join(f"{path}." for path in inside.split()))

"""The writes of one event to one record, with the source that both belong to."""

from typing import Any, NamedTuple

from entities.reading.mapped_event import RecordKey

SourceKey = tuple[int, RecordKey]
"""A record's key with the id of the source that it belongs to."""

Ids = dict[SourceKey, int]
"""A record's key -> the id of its row."""


def find_referred_id(key: SourceKey, target: str, external_id: str, ids: Ids) -> int:
    """Return the id of the row that a record refers to: a record of model `target`, same source and scope."""
    source, own_key = key
    return ids[source, RecordKey(target, own_key.scope, external_id)]


class SourceStatement(NamedTuple):
    """A `entities.reading.mapped_event.Statement` with its source: the writes of one event to one record."""

    key: SourceKey
    event_id: int
    clock: str
    writes: dict[str, Any]
    omitted: int

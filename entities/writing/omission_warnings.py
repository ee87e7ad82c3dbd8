"""Describes what a record had no room for, as a warning on the event that brought it."""

from collections.abc import Mapping
from typing import Any

from entities.merge import extra_bounds
from entities.merge.registers import EXTRA, State
from entities.reading.mapped_event import RecordKey


def describe_omission(key: RecordKey, writes: Mapping[str, Any], omitted: int, state: State) -> str | None:
    """Return a warning about the keys of one event that a record did not keep; None if it kept all.

    omitted: the number of the event's keys that are not in `writes` (`Statement.omitted`).
    state: the record's, when the event's batch was merged. Later events may push out more of its keys.
    """
    if len(state) <= extra_bounds.MAX_KEYS:
        return None
    count = omitted + sum(name.startswith(EXTRA) and name not in state for name in writes)
    if not count:
        return None
    return (
        f"extra: {count:,} key{'s' * (count > 1)} of {key.model} {key.external_id} not kept: the record has"
        f" {extra_bounds.MAX_KEYS:,} with lower digests; the event has the whole"
    )

"""Reads the records that events refer to by the vendors' ids."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import ForeignKey, JSONField

from entities.access.visibility import Viewer, visible_to
from entities.models import Record
from entities.models.introspection import mirrored_fields


class ReferredKey(NamedTuple):
    """The key of a record that another one refers to: both are of one source and scope."""

    model: type[Record]
    source_id: int
    scope: str
    external_id: str


ReferredRecords = Mapping[ReferredKey, Record]


def referred_key(record: Record, column: str, value: Any) -> ReferredKey | None:
    """Return the key of the record that an event referred to in this column; None for any other value."""
    field = mirrored_fields(type(record)).get(column)
    if not isinstance(field, ForeignKey) or not isinstance(value, str):
        return None
    model: Any = field.related_model
    return ReferredKey(model, record.source_id, record.scope, value)


def read_referred(
    viewer: Viewer, known: Iterable[Record], wanted: Iterable[ReferredKey | None]
) -> ReferredRecords:
    """Return those of the records that the viewer sees.

    known: records that have been read already. It takes one query for each kind of the others.
    """
    records = {
        ReferredKey(type(record), record.source_id, record.scope, record.external_id): record
        for record in known
    }
    missing: dict[type[Record], set[ReferredKey]] = defaultdict(set)
    for key in wanted:
        if key is not None and key not in records:
            missing[key.model].add(key)
    return records | {key: record for keys in missing.values() for key, record in _read(viewer, keys)}


def _read(viewer: Viewer, keys: set[ReferredKey]) -> Iterator[tuple[ReferredKey, Record]]:
    """Yield the records with these keys, which are of one model."""
    model = next(iter(keys)).model
    documents = [field.name for field in model._meta.concrete_fields if isinstance(field, JSONField)]
    rows = model._default_manager.filter(
        source__in={key.source_id for key in keys},
        scope__in={key.scope for key in keys},
        external_id__in={key.external_id for key in keys},
    )
    for row in visible_to(viewer, rows).defer(*documents):
        yield ReferredKey(model, row.source_id, row.scope, row.external_id), row


def references_of(record: Record) -> Iterator[Record]:
    """Yield the records that a record refers to, of those that were read with it."""
    for field in mirrored_fields(type(record)).values():
        if isinstance(field, ForeignKey) and field.is_cached(record):
            value = getattr(record, field.name)
            if value is not None:
                yield value

"""The canonical state of the mirror, and its digest: equal for equal mirrors, on any machine."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import F, ForeignKey
from django.db.models.functions import Collate

from entities.models import Record
from entities.schema import model_name, records

BOOKKEEPING = ("id", "first_seen_at", "changed_at")


def digest() -> str:
    """SHA-256 in hex over every record's canonical form; in constant memory."""
    found = hashlib.sha256()
    for line in lines():
        found.update(line.encode() + b"\n")
    return found.hexdigest()


def lines() -> Iterator[str]:
    """A JSON array a record: model, source's slug, scope, external id, and every cell by column name.

    Other records stand by their external ids, never by surrogate ids; amounts and times as text.
    """
    for model in records():
        columns = _columns(model)
        key = ("source__slug", "scope", "external_id")
        rows = model._base_manager.order_by(*(Collate(F(part), "C") for part in key))
        for row in rows.values_list(*key, *columns.values()).iterator(chunk_size=1000):
            cells = dict(zip(columns, row[len(key) :], strict=True))
            yield json.dumps([model_name(model), *row[: len(key)], cells], sort_keys=True, default=_text)


def _columns(model: type[Record]) -> dict[str, str]:
    """Column name -> the look-up of its canonical value."""
    return {
        field.name: f"{field.name}__external_id" if isinstance(field, ForeignKey) else field.name
        for field in model._meta.concrete_fields
        if field.name not in (*BOOKKEEPING, "source")
    }


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

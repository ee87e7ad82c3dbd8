"""Rows of records as JSON, so that one statement can read those of several models.

A record that is made of one has all columns but the documents, and cannot be saved.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import JSONField, TextField

from entities.models.record import Record

# Characters of a text column that are read.
MAX_TEXT_LENGTH = 300
# They are parts of keys, by which records are found.
WHOLE_TEXTS = ("external_id", "scope")


@cache
def short_columns(model: type[Record]) -> str:
    """Return the list of columns for a SELECT of a model's rows, with its texts cut."""
    columns = []
    for field in model._meta.concrete_fields:
        if isinstance(field, JSONField):
            continue
        is_cut = isinstance(field, TextField) and field.name not in WHOLE_TEXTS
        name = f'"{field.column}"'
        columns.append(f"left({name}, {MAX_TEXT_LENGTH}) AS {name}" if is_cut else name)
    return ", ".join(columns)


def make_record(model: type[Record], values: Mapping[str, Any], source: Any) -> Any:
    """Return the record of a row. values: column -> JSON. source: the record's."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    record = model(**{fields[name].attname: fields[name].to_python(value) for name, value in values.items()})
    record.source = source
    return record

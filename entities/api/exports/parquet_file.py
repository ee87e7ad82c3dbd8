"""Writes an export as Parquet, by pyarrow, which is imported on first use: it is an optional extra."""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.api.rows.shown_fields import ShownField

# What is in memory of the rows as text, at a time. One row must fit: `extra` may have 8 MB.
BLOCK_BYTES = 32 * 1024 * 1024
# The package, as people install it.
PACKAGE = "pyarrow"


def convert_csv(source: BinaryIO, file: BinaryIO, fields: Sequence[ShownField]) -> None:
    """Write the rows of a CSV of `copied_rows` as Parquet. Documents are JSON, as text.

    Amounts are decimal128(20, 4), times timestamp(us, UTC), days date32, and lists of texts list<string>.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    types = [_find_type(field) for field in fields]
    names = [str(number) for number in range(len(fields))]
    schema = pa.schema([(field.name, kind) for field, kind in zip(fields, types, strict=True)])
    # A list has no type in CSV: it is read as the text that it is there.
    column_types = {
        name: pa.string() if pa.types.is_list(kind) else kind for name, kind in zip(names, types, strict=True)
    }
    batches = csv.open_csv(
        source,
        read_options=csv.ReadOptions(
            use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows_after_names=1
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=column_types,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            columns = [_read_lists(column, kind) for column, kind in zip(batch.columns, types, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _read_lists(column: Any, kind: Any) -> Any:
    import pyarrow as pa

    if not pa.types.is_list(kind):
        return column
    return pa.array([text and json.loads(text) for text in column.to_pylist()], kind)


def _find_type(field: ShownField) -> Any:
    """Return the type of a field's column in the file."""
    import pyarrow as pa

    if field.ref or field.is_document:
        return pa.string()
    match field.column.value_field:
        case models.BooleanField():
            return pa.bool_()
        case models.IntegerField():
            return pa.int64()
        case models.DecimalField(max_digits=digits, decimal_places=places):
            return pa.decimal128(digits, places)
        case models.DateTimeField():
            return pa.timestamp("us", "UTC")
        case models.DateField():
            return pa.date32()
        case ArrayField():
            return pa.list_(pa.string())
    return pa.string()

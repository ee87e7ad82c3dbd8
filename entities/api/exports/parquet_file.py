"""Writes an export as Parquet, by pyarrow, which is imported on first use: it is an optional extra."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities.api.rows.shown_fields import ShownField

# How much CSV is converted at a time, and becomes a row group. Arrow's own reader of a stream of CSV reads
# up to 32 blocks ahead: a million deals took 557 MiB with it.
CHUNK_BYTES = 8 * 1024 * 1024
# The package, as people install it.
PACKAGE = "pyarrow"


def write_parquet(file: BinaryIO, rows: Iterable[bytes], fields: Sequence[ShownField]) -> None:
    """Write the rows of `copied_rows.read_csv_rows` as Parquet. Documents are JSON, as text.

    Amounts are decimal128(20, 4), times timestamp(us, UTC), days date32, and lists of texts list<string>.
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(field.name, _find_type(field)) for field in fields])
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in _join_rows(rows):
            writer.write_table(_convert_chunk(chunk, schema))


def _join_rows(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole rows together, about CHUNK_BYTES at a time."""
    chunk = bytearray()
    for row in rows:
        chunk += row
        if len(chunk) >= CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)


def _convert_chunk(chunk: bytes, schema: Any) -> Any:
    """Return rows of CSV as a table."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(number) for number in range(len(schema))]
    # A list has no type in CSV: it is read as the text that it is there.
    types = {
        name: pa.string() if pa.types.is_list(kind) else kind
        for name, kind in zip(names, schema.types, strict=True)
    }
    table = csv.read_csv(
        pa.BufferReader(chunk),
        read_options=csv.ReadOptions(use_threads=False, block_size=len(chunk) + 1, column_names=names),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    columns = [_read_lists(column, kind) for column, kind in zip(table.columns, schema.types, strict=True)]
    return pa.table(columns, schema=schema)


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
        case models.FloatField():
            return pa.float64()
        case models.DecimalField(max_digits=digits, decimal_places=places):
            return pa.decimal128(digits, places)
        case models.DateTimeField():
            return pa.timestamp("us", "UTC")
        case models.DateField():
            return pa.date32()
        case ArrayField():
            return pa.list_(pa.string())
    return pa.string()

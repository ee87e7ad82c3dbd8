"""Measures the API's rows: the processor that a page takes, and exports against COPY of the same rows."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unittest.mock import patch

from bench import backlog
from bench.peak_memory import read_peak
from bench.reading.reader_token import create_token
from bench.report import Result, first_median, inverse_ratio, ratio

COMPANY_EVENTS = 6_000
PAGE_ROWS = 500
PAGES = 5
SPEED_ROWS = 200_000
MEMORY_ROWS = 1_000_000
FETCHED_ROWS = 10_000
# Format -> which share of the speed of COPY it is to have, and by how many MiB the process may grow.
TARGETS = {"csv": (0.35, 100), "ndjson": (0.4, 100), "parquet": (0.5, 200)}


def measure(state: Path, rounds: int) -> list[Result]:
    """Measure pages, then exports, on deals of an invented company."""
    backlog.empty_tables()
    backlog.store_company_events(COMPANY_EVENTS)
    backlog.drain_with_workers(state)
    fill_deals(PAGE_ROWS)
    results = [_measure_pages(rounds)]
    fill_deals(SPEED_ROWS)
    results += [_measure_speed(name, rounds) for name in TARGETS]
    fill_deals(MEMORY_ROWS)
    return results + [_measure_memory(name) for name in TARGETS]


def fill_deals(count: int) -> None:
    """Copy the deals that there are until there are at least so many."""
    from crmmirror.lib.database.cursors import execute
    from entities.models import Deal

    columns = [str(field.column) for field in Deal._meta.concrete_fields if field.column != "id"]
    copied = ["external_id || '-' || n" if column == "external_id" else column for column in columns]
    existing = Deal.objects.count()
    table = Deal._meta.db_table
    copies = f"generate_series({existing}, {existing + count // existing}) n"
    select = f"SELECT {', '.join(copied)} FROM {table}, {copies} LIMIT %s"
    execute(f"INSERT INTO {table} ({', '.join(columns)}) {select}", max(0, count - existing))
    backlog.vacuum_analyze()


def _measure_pages(rounds: int) -> Result:
    figures: dict[str, list[float]] = {"a serializer for each row": [], "as it is": []}
    for _ in range(rounds):
        with serializers_for_rows():
            figures["a serializer for each row"].append(_page_milliseconds())
        figures["as it is"].append(_page_milliseconds())
    return Result(
        f"A page of {PAGE_ROWS} deals",
        "The processor's time of the web process for a request, with and without serializers of Django REST"
        " framework.",
        "ms",
        figures,
        target=0.4,
        is_upper_limit=True,
        summary=inverse_ratio,
    )


def _page_milliseconds() -> float:
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Token {create_token()}"})
    address = f"/api/v1/deals/?page_size={PAGE_ROWS}"
    client.get(address)
    began = time.process_time()
    for _ in range(PAGES):
        client.get(address)
    return (time.process_time() - began) / PAGES * 1000


@contextmanager
def serializers_for_rows() -> Iterator[None]:
    """Let lists be written by a serializer for each row, for the block."""
    from rest_framework.response import Response
    from rest_framework.serializers import ModelSerializer

    from crmmirror.api_urls import VIEWSETS
    from entities.api.rows.api_columns import get_record_columns
    from entities.models.naming.named_refs import named_refs
    from entities.names import names_for

    def write(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        rows = view.filter_queryset(view.get_queryset()).select_related("source").defer("registers")
        model = rows.model
        names = [column.name for column in get_record_columns(model)]
        meta = type("Meta", (), {"model": model, "fields": names})
        serializer: Any = type("RowSerializer", (ModelSerializer,), {"Meta": meta})
        page = view.paginate_queryset(rows)
        known = names_for(page)
        written = serializer(page, many=True).data
        for row, shown in zip(page, written, strict=True):
            for column, ref in named_refs(model).items():
                shown[ref.title] = known.find_in_column(row, column)
        return view.get_paginated_response(written)

    with patch.object(VIEWSETS["deals"], "list", write):
        yield


def _measure_speed(name: str, rounds: int) -> Result:
    sides = {"the export": lambda: export(name), BASELINES[name][0]: BASELINES[name][1]}
    figures: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, write in sides.items():
            began = time.perf_counter()
            write()
            figures[side].append(_count_deals() / (time.perf_counter() - began))
    return Result(
        f"Export as {name}",
        f"{SPEED_ROWS:,} deals with all fields into a file on the disk, in one process.",
        "rows a second",
        figures,
        target=TARGETS[name][0],
        summary=ratio,
    )


def _measure_memory(name: str) -> Result:
    """Measure in a process of its own: a peak does not go down again."""
    argv = (sys.executable, "-m", "bench.reading.api_rows", name)
    grown = float(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    return Result(
        f"Memory of an export as {name}",
        f"How much a process grows that exports {MEMORY_ROWS:,} deals, with the libraries of the format.",
        "MiB",
        {"growth": [grown]},
        target=TARGETS[name][1],
        is_upper_limit=True,
        summary=first_median,
    )


def export(name: str) -> None:
    """Write all deals into a file, as the API does."""
    from entities.api.exports.file_formats import FILE_FORMATS
    from entities.api.rows.shown_fields import get_record_fields
    from entities.models import Deal

    with TemporaryFile() as file:
        FILE_FORMATS[name].write(file, Deal.objects.order_by("-id"), get_record_fields(Deal), 3600)


def copy_plain() -> None:
    """Copy the columns as they are."""
    _copy(f"COPY ({_select()}) TO STDOUT (FORMAT csv)")


def copy_json() -> None:
    """Copy the columns as JSON."""
    _copy(f"COPY (SELECT to_json(deal) FROM ({_select()}) deal) TO STDOUT")


def fetch_into_arrow() -> None:
    """Read the columns by a cursor of the server into a Parquet file."""
    import pyarrow as pa
    from django.db import connection, transaction
    from pyarrow import parquet

    schema: Any = None
    writer: Any = None
    with TemporaryFile() as file, transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_select())
        while rows := cursor.fetchmany(FETCHED_ROWS):
            columns = list(zip(*rows, strict=True))
            if schema is None:
                arrays = [pa.array(column) for column in columns]
                kinds = [pa.string() if pa.types.is_null(array.type) else array.type for array in arrays]
                schema = pa.schema(list(zip(_columns(), kinds, strict=True)))
                writer = parquet.ParquetWriter(file, schema)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        writer.close()


# Format -> what its export is compared with.
BASELINES: dict[str, tuple[str, Callable[[], None]]] = {
    "csv": ("COPY of the columns", copy_plain),
    "ndjson": ("COPY of to_json", copy_json),
    "parquet": ("a cursor into pyarrow", fetch_into_arrow),
}


def _columns() -> list[str]:
    from entities.api.rows.api_columns import get_record_columns
    from entities.models import Deal

    return [str(column.field.column) for column in get_record_columns(Deal)]


def _select() -> str:
    from entities.models import Deal

    documents = ("extra", "custom_fields")
    columns = [f"{column}::text" if column in documents else column for column in _columns()]
    return f"SELECT {', '.join(columns)} FROM {Deal._meta.db_table} ORDER BY id DESC"


def _copy(statement: str) -> None:
    from django.db import connection

    with TemporaryFile() as file, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            file.write(row)


def _count_deals() -> int:
    from entities.models import Deal

    return Deal.objects.count()


def main(name: str) -> None:
    """Print how many MiB this process grows by one export."""
    import os

    import django

    django.setup()
    _count_deals()
    before = read_peak(os.getpid())
    export(name)
    sys.stdout.write(f"{read_peak(os.getpid()) - before}")


if __name__ == "__main__":
    main(sys.argv[1])

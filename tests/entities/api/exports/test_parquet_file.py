"""Exports read back by pandas, DuckDB and polars equal the pages of the API, cell by cell."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from entities.api.views import api_path
from entities.models import Client as ClientRecord
from entities.models import Contact, Deal
from entities.models.introspection import record_models
from tests.support.api_client import NOW, create_api_client, create_record, get_json
from tests.support.api_exports import get_file
from tests.support.copied_cells import read_back, read_duckdb
from tests.support.stored_company import store_company

pytestmark = [pytest.mark.django_db, pytest.mark.prove]

LARGEST = Decimal("9999999999999999.9999")
Rows = list[dict[str, Any]]
ODD = {"big": 10**30, "list": [1.5, None, {"%": 'a\n"b\\'}], "text": "مرحبا"}


def read_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    return [
        {name: None if is_null(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def is_null(value: Any) -> bool:
    import pandas

    return value is None or value is pandas.NA or value is pandas.NaT


def read_polars(path: Path) -> Rows:
    import polars

    return polars.read_parquet(path).to_dicts()


READERS: dict[str, Callable[[Path], Rows]] = {
    "pandas": read_pandas,
    "duckdb": lambda path: read_duckdb(f"read_parquet('{path}')"),
    "polars": read_polars,
}


def store_odd_records() -> None:
    create_record(Contact, tags=["a,b", 'c"', "ä"])
    create_record(Contact, tags=[])
    buyer = create_record(ClientRecord, custom_fields=ODD)
    create_record(
        Deal, client=buyer, title="", custom_fields=[ODD], extra=ODD, value=Decimal("9999999999999999.9999")
    )
    create_record(
        Deal, title='+1\r\n,"', value=Decimal("-0.0001"), expected_close_date=date(1, 1, 1), created_at=NOW
    )
    create_record(Deal, created_at=datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), extra={"n": -(2**63) - 1})


@pytest.mark.parametrize("reader", READERS)
def test_parquet_equals_the_pages(tmp_path: Path, reader: str) -> None:
    store_company(150, NOW)
    store_odd_records()
    client = create_api_client()
    for model in record_models():
        path = f"{api_path(model)}/"
        file = tmp_path / "rows.parquet"
        file.write_bytes(get_file(client, path, format="parquet"))
        expected = list_all(client, path)
        cells = READERS[reader](file)
        assert [list(row) for row in cells] == [list(row) for row in expected]
        assert [
            {name: read_back(value, shown[name]) for name, value in row.items()}
            for row, shown in zip(cells, expected, strict=True)
        ] == expected


def list_all(client: Client, path: str) -> Rows:
    """Return all rows of a list, page by page."""
    page = get_json(client, path, {"page_size": 500})
    rows = page["results"]
    while page["next"]:
        page = client.get(page["next"]).json()
        rows += page["results"]
    return rows


def test_the_columns_have_the_types_of_the_documentation(tmp_path: Path) -> None:
    from pyarrow import parquet

    client = create_api_client()
    create_record(Contact, tags=["a"])
    create_record(Deal)
    types: dict[str, str] = {}
    for path in ("contacts/", "deals/"):
        (tmp_path / "f").write_bytes(get_file(client, path, format="parquet"))
        types |= {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "f")}
    names = "id value created_at expected_close_date tags extra is_deleted client stage"
    assert {name: types[name] for name in names.split()} == {
        "id": "int64",
        "value": "decimal128(20, 4)",
        "created_at": "timestamp[us, tz=UTC]",
        "expected_close_date": "date32[day]",
        "tags": "list<element: string>",
        "extra": "string",
        "is_deleted": "bool",
        "client": "int64",
        "stage": "string",
    }


def test_csv_and_ndjson_are_read_back(tmp_path: Path) -> None:
    """Read as texts, CSV has the API's values; null and the empty text differ for DuckDB and pandas alike."""
    import duckdb
    import pandas

    store_odd_records()
    client = create_api_client()
    fields = {"fields": "id,title,value,created_at,stage", "ordering": "id"}
    expected = get_json(client, "deals/", fields)["results"]
    file = tmp_path / "rows.csv"
    file.write_bytes(get_file(client, "deals/", format="csv", **fields))
    frame = pandas.read_csv(file, dtype=str, keep_default_na=False)
    assert frame.to_dict("records") == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in expected
    ]
    assert (
        pandas.to_datetime(frame["created_at"], format="ISO8601", utc=True, errors="coerce").notna().sum()
        == 2
    )
    lines = tmp_path / "rows.ndjson"
    lines.write_bytes(get_file(client, "deals/", format="ndjson"))
    with duckdb.connect() as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM read_ndjson('{lines}')").fetchall()  # noqa: S608
    assert count == 3
    frame = pandas.read_json(lines, lines=True, dtype=False)
    assert frame["extra"].tolist()[-1]["big"] == "1" + "0" * 30

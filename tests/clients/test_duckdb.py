"""DuckDB reads a list from its address, and the views of docs/sql.md from the database."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from entities.models.introspection import record_models
from entities.sql.sql_views import SCHEMA, view_name
from tests.support import markdown
from tests.support.client_records import read_shown, store_records
from tests.support.copied_cells import read_duckdb, read_rows_back
from tests.support.guide_pages import GuideReader
from tests.support.tool_environments import DUCKDB, install_extension, make_environment
from tests.support.web_server import database_url

pytestmark = pytest.mark.prove

# More than two pages of 100.
DEALS = 230
SECTION = "pandas and DuckDB without a copy"
ROLE = "crm_test_scanner"
COPY_VIEWS = """
import duckdb

duckdb.connect("copy.duckdb").execute(open("copy.sql").read())
"""
# Runs the program of the guide, and writes the table that it has made.
READ_LIST = """
exec(open("read_duckdb.py").read())
database.sql("COPY deals TO 'deals.parquet'")
"""
DOCUMENTED_ADDRESS = "host=db.example dbname=crmmirror user=ada_notebook password=…"


@pytest.fixture
def reader(analyst: GuideReader, tmp_path: Path) -> GuideReader:
    """Return an analyst who has DuckDB with the extensions that its own server has."""
    programs = make_environment(tmp_path / "duckdb", *DUCKDB)
    for package in ("duckdb_extension_httpfs", "duckdb_extension_postgres_scanner"):
        install_extension(programs, package, analyst.directory)
    return replace(analyst, programs=(programs,))


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """Yield the address of the database for a role of `create_reader`; drop the role in the end."""
    out = StringIO()
    call_command("create_reader", ROLE, stdout=out, stderr=StringIO())
    yield make_conninfo(database_url(), user=ROLE, password=out.getvalue().strip())
    call_command("drop_reader", ROLE, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def test_a_list_is_read_from_its_address(reader: GuideReader, client: Client) -> None:
    store_records(DEALS)
    reader.write_files(SECTION)
    (reader.directory / "read_list.py").write_text(READ_LIST)
    printed = reader.run("python read_list.py")
    assert "open" in printed
    shown = read_shown(client, "deal", {})
    rows = read_duckdb(f"read_parquet('{reader.directory / 'deals.parquet'}')")
    assert read_rows_back(rows, shown) == shown
    assert len(shown) > 200


def read_view(address: str, view: str) -> list[dict[str, Any]]:
    """Return the rows of a view as the role reads them."""
    with psycopg.connect(address, row_factory=dict_row) as session:
        return session.execute(f"SELECT * FROM {view}").fetchall()  # noqa: S608


def read_json(value: Any, stored: Any) -> Any:
    """Return a cell of DuckDB, which has JSON as text, as psycopg reads it."""
    return json.loads(value) if isinstance(value, str) and not isinstance(stored, str) else value


def test_every_view_is_read_from_the_database(reader: GuideReader, address: str) -> None:
    store_records(DEALS)
    _, statements = markdown.code_blocks(markdown.read("docs/sql.md"), "sql")
    assert DOCUMENTED_ADDRESS in statements
    attach, _, copy = statements.replace(DOCUMENTED_ADDRESS, address).partition("CREATE TABLE")
    copies = [f"CREATE TABLE{copy}".replace("deals", view_name(model)) for model in record_models()]
    (reader.directory / "copy.sql").write_text(attach + "".join(copies))
    (reader.directory / "copy.py").write_text(COPY_VIEWS)
    reader.run("python copy.py")
    for model in record_models():
        rows = read_duckdb(view_name(model), reader.directory / "copy.duckdb")
        stored = {row["id"]: row for row in read_view(address, view_name(model))}
        assert len(rows) == len(stored)
        for row in rows:
            expected = stored[row["id"]]
            assert {name: read_json(value, expected[name]) for name, value in row.items()} == expected

"""The guide for analysts, run as it is written: what needs no program but curl, pandas and DuckDB."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from entities.api.views import api_path
from entities.models.introspection import entities_by_name
from tests.support import markdown
from tests.support.client_records import change_records, read_shown, store_records
from tests.support.copied_cells import read_duckdb, read_rows_back
from tests.support.guide_pages import PAGE, GuideReader, read_commands, read_files, read_sections
from tests.support.paths import PROJECT

FEW = 30
# More than two pages of a list or of changes.
MANY = 1_030
LIVE: dict[str, str] = {}


@pytest.fixture
def reader(analyst: GuideReader) -> GuideReader:
    """Return the analyst with the pandas and DuckDB of this environment."""
    return replace(analyst, programs=(Path(sys.executable).parent,))


def assert_duckdb_equals(directory: Path, client: Client) -> None:
    """Assert that the copy has the cells of all lists."""
    for entity, model in entities_by_name().items():
        shown = read_shown(client, entity)
        table = api_path(model).replace("-", "_")
        rows = read_duckdb(table, directory / "crm.duckdb")
        assert not shown or list(rows[0]) == list(next(iter(shown.values())))
        assert read_rows_back(rows, shown) == shown, entity


def assert_deals_equal(file: Path, client: Client) -> None:
    """Assert that a file has the cells of the list of deals that are not deleted."""
    shown = read_shown(client, "deal", LIVE)
    rows = read_duckdb(f"read_parquet('{file}')")
    assert read_rows_back(rows, shown) == shown


def test_copies_that_are_made_as_the_guide_says_equal_the_mirror(reader: GuideReader, client: Client) -> None:
    store_records(FEW)
    [printed] = reader.follow("Before you begin")
    newest = max(read_shown(client, "deal", LIVE))
    assert [row["id"] for row in json.loads(printed)["results"]] == [newest]
    reader.follow("Load everything once")
    for entity, model in entities_by_name().items():
        shown = read_shown(client, entity)
        file = reader.directory / "crm" / f"{api_path(model)}.parquet"
        assert read_rows_back(read_duckdb(f"read_parquet('{file}')"), shown) == shown
        assert "x-changes-cursor: " in file.with_suffix(".headers").read_text().lower()
    follow_with_duckdb_and_pandas(reader, client)
    change_records(FEW)
    follow_with_duckdb_and_pandas(reader, client)


def follow_with_duckdb_and_pandas(reader: GuideReader, client: Client) -> None:
    """Run both programs, and assert that their copies have the cells of the API."""
    reader.follow("DuckDB: load, then follow")
    assert_duckdb_equals(reader.directory, client)
    reader.follow("pandas: load, then follow")
    assert_deals_equal(reader.directory / "deals.parquet", client)


@pytest.mark.prove
def test_copies_of_several_pages_equal_the_mirror(reader: GuideReader, client: Client) -> None:
    store_records(MANY)
    follow_with_duckdb_and_pandas(reader, client)
    change_records(MANY)
    follow_with_duckdb_and_pandas(reader, client)


@pytest.mark.unit
def test_each_block_of_the_guide_is_a_file_or_commands_of_a_section_that_a_test_runs() -> None:
    tests = "".join(path.read_text() for path in (PROJECT / "tests" / "clients").glob("test_*.py"))
    for title, text in read_sections().items():
        fences = re.findall(r"^ *```\w", text, re.MULTILINE)
        assert len(fences) == len(read_files(title)) + len(read_commands(title)), title
        assert not fences or f'"{title}"' in tests, f"{PAGE}: no test runs {title!r}"
    assert len(markdown.FENCED.findall(markdown.read(PAGE))) > 15

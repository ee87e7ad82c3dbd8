"""pandas reads every list from its address and from its pages, makes times of times, and writes Parquet."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from entities.api.views import api_path
from entities.models.introspection import entities_by_name
from tests.support.client_records import read_shown, store_records
from tests.support.copied_cells import read_duckdb, read_rows_back
from tests.support.guide_pages import GuideReader
from tests.support.tool_environments import PANDAS, make_environment

pytestmark = pytest.mark.prove

# More than two pages of 100.
DEALS = 230
SECTION = "pandas and DuckDB without a copy"
# Reads the list of its argument from the address and from the pages, and writes what it has.
READ_LIST = """
import json
import os
import sys

import pandas as pd
import requests

HEADERS = {"Authorization": f"Bearer {os.environ['CRM_TOKEN']}"}
FLAGS = "include_deleted=true&include_placeholders=true"
address = f"{os.environ['CRM_URL']}/api/v1/{sys.argv[1]}/"


def write(frame, name):
    for column in frame:
        if column.endswith(("_at", "_since")):
            frame[column] = pd.to_datetime(frame[column])
    frame.to_parquet(f"{name}.parquet")


pages, rows = f"{address}?{FLAGS}", []
while pages:
    page = requests.get(pages, headers=HEADERS).json()
    rows += page["results"]
    pages = page["next"]
frame = pd.DataFrame(rows)
for column in frame:
    if frame[column].map(lambda value: isinstance(value, dict)).any():
        frame[column] = frame[column].map(lambda value: value if value is None else json.dumps(value))
write(frame, "pages")
csv = f"{address}?{FLAGS}&format=csv"
write(pd.read_csv(csv, storage_options=HEADERS, dtype="string", keep_default_na=False, na_values=[""]), "csv")
file = f"{address}?{FLAGS}&format=parquet"
write(pd.read_parquet(file, storage_options=HEADERS, dtype_backend="pyarrow"), "parquet")
# At the end of a process pyarrow's threads now and then abort it ("terminate called without an active
# exception"), when all is written.
os._exit(0)
"""


@pytest.fixture
def reader(analyst: GuideReader, tmp_path: Path) -> GuideReader:
    return replace(analyst, programs=(make_environment(tmp_path / "pandas", *PANDAS),))


def test_every_list_is_read_and_written_with_its_times(reader: GuideReader, client: Client) -> None:
    store_records(DEALS)
    (reader.directory / "read_list.py").write_text(READ_LIST)
    for entity, model in entities_by_name().items():
        shown = read_shown(client, entity)
        if not shown:
            continue
        reader.run(f"python -W error read_list.py {api_path(model)}")
        for name in ("csv", "parquet", "pages"):
            rows = read_duckdb(f"read_parquet('{reader.directory / name}.parquet')")
            cells = read_rows_back(rows, shown)
            assert cells == shown, (entity, name)
            assert {type(row["changed_at"]).__name__ for row in rows} == {"datetime"}


def test_the_guide_reads_a_list_from_its_address(reader: GuideReader, client: Client) -> None:
    store_records(DEALS)
    reader.write_files(SECTION)
    shown = read_shown(client, "deal", {})
    reader.run(
        "python -c \"exec(open('read_pandas.py').read()); deals.to_parquet('a'); texts.to_parquet('b')\""
    )
    for name in ("a", "b"):
        rows = read_duckdb(f"read_parquet('{reader.directory / name}')")
        assert read_rows_back(rows, shown) == shown
    assert len(shown) > 200

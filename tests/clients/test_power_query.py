"""Excel and Power BI: the file, and the query of the guide for their own parser and its request."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.support.client_records import read_shown, store_records
from tests.support.guide_pages import GuideReader, read_files
from tests.support.tool_environments import (
    NODE,
    POWER_QUERY_PARSER,
    install_npm_packages,
    make_environment,
    run,
)

pytestmark = pytest.mark.prove

SECTION = "Excel and Power BI"
DEALS = 230
PARSE = """
import { DefaultSettings, TaskUtils } from "@microsoft/powerquery-parser";
import { readFileSync } from "node:fs";

const task = await TaskUtils.tryLexParse(DefaultSettings, readFileSync("deals.pq", "utf8"));
if (!TaskUtils.isParseStageOk(task)) throw task.error;
"""


def test_an_excel_file_has_the_open_deals(analyst: GuideReader, client: Client) -> None:
    store_records(DEALS)
    analyst.follow(SECTION)
    deals = read_shown(client, "deal", {})
    shown = {key: row for key, row in deals.items() if row["status"] == "open"}
    sheet = load_workbook(analyst.directory / "deals.xlsx").worksheets[0]
    heading, *rows = sheet.iter_rows(values_only=True)
    assert list(heading) == list(next(iter(shown.values())))
    assert [row[0] for row in rows] == [str(key) for key in shown]


def test_the_query_for_power_query_is_read_by_its_parser(tmp_path: Path) -> None:
    node = make_environment(tmp_path / "node", *NODE)
    install_npm_packages(node, tmp_path, POWER_QUERY_PARSER)
    query = read_files(SECTION)["deals.pq"]
    (tmp_path / "parse.mjs").write_text(PARSE)
    (tmp_path / "deals.pq").write_text(query)
    run(node / "node", "parse.mjs", cwd=tmp_path)
    (tmp_path / "deals.pq").write_text(query.replace("in\n", "\n"))
    with pytest.raises(AssertionError):
        run(node / "node", "parse.mjs", cwd=tmp_path)


def test_the_request_of_the_query_is_answered_with_its_columns(analyst: GuideReader, client: Client) -> None:
    store_records(DEALS)
    query = read_files(SECTION)["deals.pq"]
    [path] = re.findall(r'RelativePath = "(.*)"', query)
    [fields] = re.findall(r'fields = "(.*?)"', query)
    [header] = re.findall(r'Authorization = "(.*?)"', query)
    assert 'format = "csv"' in query
    header = header.replace("crm_token", analyst.token)
    address = f"{analyst.url}/{path}?format=csv&fields={quote(fields)}"
    heading, *rows = csv.reader(
        io.StringIO(analyst.run(f'curl --fail --silent -H "Authorization: {header}" "{address}"'))
    )
    assert heading == fields.split(",")
    assert [row[0] for row in rows] == [str(key) for key in read_shown(client, "deal", {})]
    assert set(re.findall(r'\{"(\w+)", type', query)) < set(heading)

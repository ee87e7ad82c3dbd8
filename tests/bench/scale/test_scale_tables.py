"""The tables of docs/scale.md, and their places in it."""

import re

import pytest

from bench.scale import scale_tables
from tests.support import markdown

pytestmark = pytest.mark.unit

PAGE = "# Page\n\n<!-- table: one -->\n\n| a |\n| --- |\n| 1 |\n\nText.\n\n<!-- table: two -->\n"
TABLE = scale_tables.format_table(["b"], [["2"]])


def test_a_table_takes_the_place_of_the_one_before() -> None:
    page = scale_tables.replace_tables(PAGE, {"one": TABLE})
    assert page == PAGE.replace("| a |", "| b |").replace("| 1 |", "| 2 |")


def test_a_table_is_put_where_there_was_none() -> None:
    page = scale_tables.replace_tables(PAGE, {"two": TABLE})
    assert page == f"{PAGE}\n{TABLE}\n"
    assert scale_tables.replace_tables(page, {"two": TABLE}) == page


def test_text_after_a_place_stays_a_paragraph_of_its_own() -> None:
    page = scale_tables.replace_tables("<!-- table: one -->\n\nText.\n", {"one": TABLE})
    assert page == f"<!-- table: one -->\n\n{TABLE}\n\nText.\n"
    assert scale_tables.replace_tables(page, {"one": TABLE}) == page


def test_a_table_without_a_place_is_an_error() -> None:
    with pytest.raises(KeyError, match="three"):
        scale_tables.replace_tables(PAGE, {"three": TABLE})


def test_the_page_has_a_place_for_each_table_and_no_other() -> None:
    places = re.findall(r"<!-- table: (\w+) -->", markdown.read("docs/scale.md"))
    assert places == [
        "machine",
        "costs",
        "sizes",
        "stored",
        "folds",
        "rates",
        "workers",
        "claims",
        "simulation",
    ]

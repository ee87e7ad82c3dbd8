"""CSV files: whatever a program writes is read as it was."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.record_files.csv_rows import DELIMITERS
from events.record_files.file_rows import FileRow, UnreadableRecords
from events.record_files.open_rows import open_rows

pytestmark = pytest.mark.unit

# What the standard library's writer would have to escape, or no text file holds.
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES, st.sampled_from(DELIMITERS), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_is_written_as_csv_is_read_as_it_was(
    tmp_path: Path, table: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([("id", "first name", "note"), *table])
    path = tmp_path / "table.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    with open_rows(path) as file:
        rows = list(file.rows)
    assert file.headings == ("id", "first name", "note")
    expected = [
        FileRow(number, dict(zip(("id", "first name", "note"), values, strict=True)))
        for number, values in enumerate(table, 2)
        if any(values)
    ]
    assert rows == expected


def test_a_quote_that_is_never_closed_is_a_bad_row_and_not_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('id,name\n1,"Ida\n' + "2,Ola\n" * 200_000)
    with open_rows(path) as file:
        first = next(file.rows)
    assert "not CSV" in first.problem
    assert "larger than field limit" in first.problem


def test_a_row_with_missing_cells_says_nothing_of_them(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,name,note\n1,Ida\n2,Ola,x,,\n")
    with open_rows(path) as file:
        rows = list(file.rows)
    assert [row.cells for row in rows] == [
        {"id": "1", "name": "Ida"},
        {"id": "2", "name": "Ola", "note": "x"},
    ]


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecords, match="Is a directory"), open_rows(tmp_path):
        pass

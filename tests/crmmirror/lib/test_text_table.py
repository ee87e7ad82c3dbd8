"""Tables of text: cells stand below each other, and numbers at the right."""

import pytest

from crmmirror.lib.text_table import format_table

pytestmark = pytest.mark.unit


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("id", "name"), ("7", "longer"), ("1,234", "")]
    assert format_table(rows, {"id"}) == ["   id  name", "    7  longer", "1,234"]
    assert format_table(rows) == ["id     name", "7      longer", "1,234"]

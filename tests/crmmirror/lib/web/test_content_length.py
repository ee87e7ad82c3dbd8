"""The Content-Length that a request announces: a whole number, or none."""

import pytest

from crmmirror.lib.web.content_length import announced_bytes

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("header", "length"), [("0", 0), ("41", 41), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_is_the_length(header: str, length: int) -> None:
    assert announced_bytes({"CONTENT_LENGTH": header}) == length


@pytest.mark.parametrize("header", ["", "-1", "+1", "1.0", "1e3", "0x10", " 1", "²", "٣", "many", "9" * 5000])
def test_anything_else_announces_nothing(header: str) -> None:
    assert announced_bytes({"CONTENT_LENGTH": header}) is None


@pytest.mark.parametrize("environ", [{}, {"CONTENT_LENGTH": None}])
def test_a_request_without_the_header_announces_nothing(environ: dict[str, None]) -> None:
    assert announced_bytes(environ) is None

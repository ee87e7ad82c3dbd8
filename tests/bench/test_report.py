"""The page of the benchmarks: each figure with its target and, if it has a mark, with what it was before."""

import pytest

from bench.figures_before import MARKS
from bench.report import Result, Table, first_median, format_report
from tests.support.paths import PROJECT

pytestmark = pytest.mark.unit

REBUILD = Result("Rebuild", "It.", "per second", {"rebuild": [30, 10, 20], "apply": [8, 10, 12]}, target=1.5)
LATENCY = Result(
    "From the 202 to the API",
    "It.",
    "ms",
    {"a percentile": [130]},
    target=100,
    is_upper_limit=True,
    summary=first_median,
)
UNMARKED = Result("Search keys", "They.", "per second", {"with": [9], "without": [10]}, target=0.95)


def test_a_section_has_the_ratio_of_the_medians_the_figure_before_and_the_verdict() -> None:
    page = format_report([REBUILD], 3, "a machine")
    assert "| rebuild | 20 per second | 30, 10, 20 |" in page
    assert "ratio: **2.00** (before: not measured; target: at least 1.5, reached)" in page


def test_the_table_of_the_marks_shows_before_and_now_and_has_no_other_results() -> None:
    page = format_report([REBUILD, LATENCY, UNMARKED], 3, "a machine")
    summary = page[: page.index("## Rebuild")]
    assert "| Rebuild | apply | not measured | **2.00** | at least 1.5 | reached |" in summary
    latency = "| From the 202 to the API |  | 135 ms at 20 a second | **130.00** | at most 100 ms |"
    assert f"{latency} **not reached** |" in summary
    assert "Search keys" not in summary


def test_a_result_without_a_mark_is_shown_without_a_figure_before() -> None:
    page = format_report([UNMARKED], 3, "a machine")
    assert "ratio: **0.90** (target: at least 0.95, **not reached**)" in page
    assert "before" not in page


def test_the_page_of_a_run_that_was_cut_says_what_it_lacks() -> None:
    assert "The run was cut. Not measured: `pages`, `cost`." in format_report(
        [REBUILD], 3, "a machine", ["pages", "cost"]
    )
    assert "cut" not in format_report([REBUILD], 3, "a machine")


def test_a_table_is_a_section_of_its_own() -> None:
    table = Table("Pages", "All of them.", ("page", "time"), [("home", "5 ms")])
    assert format_report([table], 3, "a machine").endswith(
        "## Pages\n\nAll of them.\n\n| page | time |\n| --- | --- |\n| home | 5 ms |\n"
    )


@pytest.mark.parametrize("title", MARKS)
def test_each_mark_is_the_title_of_a_result(title: str) -> None:
    modules = (path for path in (PROJECT / "bench").rglob("*.py") if path.name != "figures_before.py")
    assert any(f'"{title}"' in path.read_text() for path in modules)

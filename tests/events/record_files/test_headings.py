"""Headings: found however they are spelled, and no cell gets lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.reading.paths import follow, parse_path
from entities.reading.plans.entity_plans import entity_plans
from entities.vendors import all_vendors
from events.record_files.headings import UnfitHeadings, check_headings, place_cells, plan_headings, simplify

pytestmark = pytest.mark.unit

PLANS = [
    (vendor.name, model, plan)
    for vendor in all_vendors().values()
    for model, plan in entity_plans(vendor.name).items()
]
SPELLINGS = [
    str.upper,
    str.title,
    lambda text: f" {text.replace('_', ' ')} ",
    lambda text: text.replace("_", "-"),
]


@pytest.mark.parametrize(
    ("vendor", "model", "plan"), PLANS, ids=[f"{name}-{model}" for name, model, _ in PLANS]
)
def test_every_column_of_every_vendor_is_found_by_its_name_however_it_is_spelled(
    vendor: str, model: str, plan: Any
) -> None:
    headings = plan_headings(plan, [])
    for column in plan.columns:
        if any(path.parts and not path.is_rooted for path in column.paths):
            targets = [headings.find_target(spell(column.name)) for spell in SPELLINGS]
            assert None not in targets, column.name
            assert len(set(targets)) == 1, column.name


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=8), st.booleans())
def test_every_cell_of_an_unknown_heading_stays_under_it(cells: dict[str, str], is_nested: bool) -> None:
    plan = plan_headings(entity_plans("heffl")["lead"], [])
    record = place_cells(cells, plan, is_nested=is_nested)
    for heading, value in cells.items():
        if plan.find_target(heading) is None:
            assert record[heading] == value


@pytest.mark.parametrize(
    ("vendor", "model", "heading", "parts"),
    [
        ("pipedrive", "contact", "emails.0.value", ("emails", "0", "value")),
        ("heffl", "contact", "Client ID", ("clientId",)),
        ("heffl", "deal", "PRICE", ("price",)),
    ],
)
def test_a_value_goes_where_the_vendor_would_write_it(
    vendor: str, model: str, heading: str, parts: tuple[str, ...]
) -> None:
    headings = plan_headings(entity_plans(vendor)[model], [])
    record = place_cells({heading: "value"}, headings, is_nested=False)
    assert follow(record, parse_path(".".join(parts))) == "value"


def test_a_renamed_heading_counts_in_json_too() -> None:
    plan = plan_headings(entity_plans("heffl")["lead"], ["name=title"])
    assert place_cells({"name": "Pots"}, plan, is_nested=True) == {"title": "Pots"}


def test_a_heading_with_an_equals_sign_can_be_mapped() -> None:
    plan = plan_headings(entity_plans("heffl")["lead"], ["a=b=name"])
    check_headings(["a=b"], plan)
    assert place_cells({"a=b": "Ida"}, plan, is_nested=False) == {"name": "Ida"}


def test_a_map_without_an_equals_sign_says_how_it_is_written() -> None:
    with pytest.raises(UnfitHeadings, match="Heading=column"):
        plan_headings(entity_plans("heffl")["lead"], ["name"])


@given(st.text())
def test_a_simplified_heading_stays_as_it_is(heading: str) -> None:
    assert simplify(simplify(heading)) == simplify(heading)

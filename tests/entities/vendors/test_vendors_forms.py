"""A vendor that sends forms: its samples are forms, and so are the events that are generated for it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from entities.generator.company_events import generate_company
from entities.generator.event_generator import generate_stream
from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.envelopes.vendor_samples import sample_bodies
from entities.vendor_language import Vendor
from entities.vendors import get_vendor
from tests.support.samples import check_sample, expectation_path, list_gaps
from tests.support.third_vendor import MARIGOLD, NAME, temporary_vendor

FIELDS = {
    "type": "order.created",
    "at": "1736937000000",
    "object[uid]": "77",
    "object[shop]": "s1",
    "object[title]": "Two pots",
    "object[sum]": "19.90",
    "object[contact][uid]": "p1",
    "object[tags][]": "wild",
}
RECORDS = {
    "deal": {"77": {"title": "Two pots", "value": "19.9", "contact": "p1", "sub_account": "s1",
                    "extra": {"tags": ["wild"]}}},
    "contact": {"p1": {"sub_account": "s1", "is_placeholder": True}},
    "subaccount": {"s1": {"is_placeholder": True}},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Make a module and a sample of a vendor that sends forms."""
    folder = tmp_path / "samples" / NAME
    folder.mkdir(parents=True)
    (folder / "order.created.form").write_text(urlencode(FIELDS))
    text = MARIGOLD.replace("import EVENT_TIME", "import EVENT_TIME, BodyFormat")
    with temporary_vendor(
        tmp_path, text.replace('    type="type"', '    body_format=BodyFormat.FORM,\n    type="type"')
    ):
        yield folder


@pytest.fixture
def vendor(folder: Path) -> Vendor:
    return get_vendor(NAME)


@pytest.mark.unit
def test_a_form_is_a_sample(vendor: Vendor) -> None:
    assert [sample.name for sample in sample_bodies(NAME)] == ["order.created.form"]


@pytest.mark.unit
def test_the_file_to_add_is_a_form(folder: Path) -> None:
    assert f"{folder}: no sample of order.shipped; add {folder}/order.shipped.form, as it is delivered" in (
        list_gaps(folder.parent)
    )


@pytest.mark.unit
def test_generated_events_are_forms(vendor: Vendor) -> None:
    bodies = [*generate_stream(vendor, 60, 1), *generate_company(vendor, 60, 1, datetime.now(UTC))]
    types = {read_envelopes(body, vendor, datetime.now(UTC)).events[0].event_type for body in bodies}
    assert types == set(vendor.event_types)


@pytest.mark.django_db
def test_a_form_becomes_the_expected_records(folder: Path) -> None:
    [sample] = folder.glob("*.form")
    expectation_path(sample).parent.mkdir()
    expectation_path(sample).write_text(json.dumps(RECORDS))
    check_sample(sample, root=folder.parent)

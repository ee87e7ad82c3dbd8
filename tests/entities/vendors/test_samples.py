"""Every sample of every vendor, delivered as its vendor would, becomes the records written beside it.

The samples are in `entities/vendors/samples/<vendor>`: the payloads in the vendor's documentation and, in the
sub-folder `undocumented`, payloads that are made up after its hints.
"""

import json
from pathlib import Path

import pytest

from entities.vendors import get_vendor
from tests.support.paths import SAMPLES
from tests.support.samples import check_sample, list_gaps, list_samples, vendor_name


def name_of(sample: Path) -> str:
    return str(sample.relative_to(SAMPLES).with_suffix(""))


def rename_payload_key(sample: Path) -> list[bytes]:
    """Return the sample's body once for each other key under which the vendor's payload may stand.

    What stands there in the sample, such as the record before the change, is left out.
    """
    keys = [key for key in get_vendor(vendor_name(sample)).payload.split() if key.isidentifier()]
    try:
        content = dict(json.loads(sample.read_bytes()))
    except (ValueError, TypeError):
        return []  # Not a JSON object, which the delivery of the sample itself reports.
    used = next((key for key in keys if isinstance(content.get(key), dict)), None)
    if used is None:
        return []
    rest = {key: value for key, value in content.items() if key not in keys}
    return [json.dumps(rest | {other: content[used]}).encode() for other in keys if other != used]


RENAMED = [(sample, body) for sample in list_samples() for body in rename_payload_key(sample)]


@pytest.mark.unit
def test_every_vendor_has_a_sample_of_each_event_type_and_no_expectation_is_left_over() -> None:
    assert list_gaps() == []


@pytest.mark.django_db
@pytest.mark.parametrize("sample", list_samples(), ids=name_of)
def test_a_delivered_sample_becomes_the_records_written_beside_it(sample: Path) -> None:
    check_sample(sample)


@pytest.mark.django_db
@pytest.mark.parametrize(("sample", "body"), RENAMED, ids=[name_of(sample) for sample, _ in RENAMED])
def test_the_payload_may_stand_under_each_of_the_vendors_payload_keys(sample: Path, body: bytes) -> None:
    check_sample(sample, body)

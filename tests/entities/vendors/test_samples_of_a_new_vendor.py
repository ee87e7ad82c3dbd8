"""The messages of the samples' test while the samples of a new vendor are being written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from entities.vendors import all_vendors
from tests.support.paths import SAMPLES
from tests.support.samples import check_sample, expectation_path, list_gaps, list_samples
from tests.support.third_vendor import MARIGOLD, NAME, ORDER, temporary_vendor

EVENT_TYPES = [
    "person.created",
    "person.updated",
    "person.deleted",
    "person.labelled",
    "order.created",
    "order.shipped",
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Make the sample folder of a third vendor, in a folder that has the other vendors' as well."""
    samples = tmp_path / "samples"
    samples.mkdir()
    with temporary_vendor(tmp_path):
        for vendor in all_vendors():
            if vendor != NAME:
                (samples / vendor).symlink_to(SAMPLES / vendor)
        folder = samples / NAME
        folder.mkdir()
        yield folder


def write_sample(folder: Path, event_type: str, body: bytes | None = None) -> Path:
    content = {"type": event_type, "at": 1736937000000, "object": {"uid": "1", "shop": "s1"}}
    sample = folder / f"{event_type}.json"
    sample.parent.mkdir(exist_ok=True)
    sample.write_bytes(json.dumps(content).encode() if body is None else body)
    return sample


def write_expectation(sample: Path, content: str) -> None:
    expectation_path(sample).parent.mkdir(exist_ok=True)
    expectation_path(sample).write_text(content)


@pytest.mark.unit
def test_a_vendor_without_samples_is_named(folder: Path) -> None:
    [gap] = list_gaps(folder.parent)
    assert f"{folder}: vendor marigold has no sample" in gap


@pytest.mark.unit
def test_each_event_type_without_a_sample_is_named_with_the_file_to_add(folder: Path) -> None:
    for event_type in EVENT_TYPES[2:]:
        write_sample(folder, event_type)
    assert list_gaps(folder.parent) == [
        f"{folder}: no sample of person.created; add {folder}/person.created.json, as it is delivered",
        f"{folder}: no sample of person.updated; add {folder}/person.updated.json, as it is delivered",
    ]


@pytest.mark.unit
def test_a_dot_stands_for_a_slash_in_the_name_of_the_file_to_add(tmp_path: Path) -> None:
    folder = tmp_path / "samples" / NAME
    folder.mkdir(parents=True)
    with temporary_vendor(tmp_path, MARIGOLD.replace('deleted labelled"', 'deleted", joint="/"')):
        write_sample(folder, "order.created")
        gaps = list_gaps(folder.parent)
    wanted = f"no sample of person/updated; add {folder}/person.updated.json, as it is delivered"
    assert f"{folder}: {wanted}" in gaps


@pytest.mark.unit
def test_samples_in_a_sub_folder_count(folder: Path) -> None:
    samples = [write_sample(folder / "undocumented", event_type) for event_type in EVENT_TYPES]
    assert list_gaps(folder.parent) == []
    assert set(samples) < set(list_samples(folder.parent))


@pytest.mark.unit
def test_an_expectation_without_its_sample_is_named(folder: Path) -> None:
    samples = [write_sample(folder, event_type) for event_type in EVENT_TYPES]
    write_expectation(samples[0].with_name("order.lost.json"), "{}")
    [gap] = list_gaps(folder.parent)
    assert gap == f"{folder}/expected/order.lost.json: there is no sample {folder}/order.lost.json"


@pytest.mark.unit
def test_a_folder_of_no_vendor_is_named(folder: Path) -> None:
    for event_type in EVENT_TYPES:
        write_sample(folder, event_type)
    (folder.parent / "rose").mkdir()
    assert list_gaps(folder.parent) == [f"{folder.parent}/rose: there is no vendor rose"]


@pytest.mark.django_db
def test_a_sample_without_an_expectation_fails_and_prints_the_one_to_write(folder: Path) -> None:
    sample = write_sample(folder, "order.created", ORDER)
    with pytest.raises(AssertionError) as missing:
        check_sample(sample, root=folder.parent)
    message, _, text = str(missing.value).partition("\n")
    assert message.startswith(f"{folder}/expected/order.created.json is missing.")
    assert json.loads(text)["deal"]["77"] == {
        "title": "Two pots",
        "value": "19.9",
        "status": "won",
        "vendor_status": "Shipped",
        "owner_ref": "3",
        "contact": "p1",
        "sub_account": "s1",
        "extra": {"gift": True},
    }


@pytest.mark.django_db
def test_the_printed_expectation_is_one_that_the_sample_meets(folder: Path) -> None:
    sample = write_sample(folder, "order.created", ORDER)
    # The error leaves the block, which undoes what the first delivery wrote.
    with pytest.raises(AssertionError) as missing, transaction.atomic():
        check_sample(sample, root=folder.parent)
    write_expectation(sample, str(missing.value).partition("\n")[2])
    check_sample(sample, root=folder.parent)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "difference"),
    [
        ("{}", "deal 77 is not expected"),
        ('{"deal": {"78": {}}}', "deal 78 is missing"),
        ('{"deal": {"77": {"title": "Three pots"}}}', "deal 77: title is 'Two pots', expected 'Three pots'"),
        ('{"deal": {"77": {"colour": "red"}}}', "deal 77: there is no column colour"),
        ('{"order": {"77": {}}}', "there is no model order"),
    ],
)
def test_a_sample_that_becomes_other_records_fails(folder: Path, content: str, difference: str) -> None:
    sample = write_sample(folder, "order.created", ORDER)
    write_expectation(sample, content)
    with pytest.raises(AssertionError) as failure:
        check_sample(sample, root=folder.parent)
    assert difference in str(failure.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", "malformed"),
        (ORDER.replace(b"order.created", b"order.painted"), "ignored"),
        (ORDER.replace(b'"uid"', b'"id"'), "failed"),
        (ORDER.replace(b"19.90", b"a lot"), "applied, not applied without a warning"),
    ],
)
def test_a_sample_that_is_not_applied_or_leaves_a_warning_fails(
    folder: Path, body: bytes, status: str
) -> None:
    sample = write_sample(folder, "order.created", body)
    write_expectation(sample, "{}")
    with pytest.raises(AssertionError, match=f"order.created.json is {status}"):
        check_sample(sample, root=folder.parent)

"""The vendors' samples: which files there are, and what must be so of each.

A sample is a body as its vendor delivers it, `<samples>/<vendor>/[<sub-folder>/]<name>.json`, or
`<name>.form`. The file `expected/<name>.json` beside it states the records that it becomes
(`tests.support.expectations`).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.envelopes.vendor_samples import EXPECTED, SUFFIXES, list_sample_files
from entities.reading.plans.event_plans import find_wildcard
from entities.vendor_language import Vendor
from entities.vendors import all_vendors
from events.models import Event
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.expectations import current_records, list_differences
from tests.support.paths import SAMPLES
from tests.support.vendor_requests import deliver


def list_samples(root: Path = SAMPLES) -> list[Path]:
    """Return the samples of every vendor that has a module, sub-folders included."""
    return [path for vendor in all_vendors() for path in list_vendor_samples(vendor, root)]


def list_vendor_samples(vendor: str, root: Path = SAMPLES) -> list[Path]:
    return sorted(list_sample_files(root / vendor))


def vendor_name(sample: Path, root: Path = SAMPLES) -> str:
    return sample.relative_to(root).parts[0]


def expectation_path(sample: Path) -> Path:
    return sample.parent / EXPECTED / f"{sample.stem}.json"


def list_gaps(root: Path = SAMPLES) -> list[str]:
    """Return a sentence for each file that is missing among the samples, and for each that is left over."""
    folders = {path.name for path in root.iterdir() if path.is_dir()}
    strays = [f"{root / name}: there is no vendor {name}" for name in sorted(folders - all_vendors().keys())]
    return strays + [gap for vendor in all_vendors().values() for gap in _list_vendor_gaps(vendor, root)]


def _list_vendor_gaps(vendor: Vendor, root: Path) -> Iterator[str]:
    samples = list_vendor_samples(vendor.name, root)
    folder = root / vendor.name
    if not samples:
        yield f"{folder}: vendor {vendor.name} has no sample; add one of each event type, as it is delivered"
        return
    sampled = {event_type for sample in samples for event_type in _list_event_types(vendor, sample)}
    suffix = SUFFIXES[vendor.body_format]
    known = {find_wildcard(vendor, name) or name for name in sampled}
    for event_type in vendor.event_types:
        if event_type not in sampled | known:
            file = folder / f"{event_type.replace('/', '.')}{suffix}"
            yield f"{folder}: no sample of {event_type}; add {file}, as it is delivered"
    expected = {expectation_path(sample) for sample in samples}
    for path in sorted(path for path in folder.rglob(f"{EXPECTED}/*.json") if path not in expected):
        yield f"{path}: there is no sample {path.parent.parent / path.name}"


def _list_event_types(vendor: Vendor, sample: Path) -> list[str]:
    """Return the types of the events in the body; none if it cannot be read, which delivering it reports."""
    try:
        return [
            event.event_type
            for event in read_envelopes(sample.read_bytes(), vendor, datetime.now(UTC)).events
        ]
    except Malformed:
        return []


def check_sample(sample: Path, body: bytes | None = None, root: Path = SAMPLES) -> None:
    """Deliver a sample to an empty mirror; raise AssertionError unless it becomes the expected records.

    body: what to deliver in place of the file's bytes.
    """
    source, secret = create_source("acme", vendor_name(sample, root))
    assert deliver(source, secret, sample.read_bytes() if body is None else body).status_code == 202
    drain_backlog()
    event = Event.objects.get()
    assert (event.status, event.warnings, event.error) == (Event.Status.APPLIED, [], ""), (
        f"{sample} is {event.status}, not applied without a warning: {event.error} {event.warnings}"
    )
    assert expectation_path(sample).exists(), _describe_missing_expectation(sample)
    differences = list_differences(json.loads(expectation_path(sample).read_text()))
    assert not differences, f"{sample} does not become {expectation_path(sample)}: {differences}"


def _describe_missing_expectation(sample: Path) -> str:
    text = json.dumps(current_records(), indent=2, ensure_ascii=False)
    return (
        f"{expectation_path(sample)} is missing. The mirror reads the sample as follows; compare it with the"
        f" vendor's documentation, and write it there:\n{text}"
    )

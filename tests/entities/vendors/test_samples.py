"""Every event type, delivered as its vendor would, gives the records in the file beside its fixture.

The vendors' documentation has 33 payloads: `entities/vendors/samples/<vendor>`. The payloads in
`undocumented` are made up from the hints in it.
"""

import json
from pathlib import Path

import pytest

from entities.vendors import get_vendor
from events.models import Event
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.expectations import differences, expected_of, fixtures
from tests.support.paths import SAMPLES
from tests.support.vendor_requests import deliver

DOCUMENTED = [fixture for vendor in ("heffl", "seedly") for fixture in fixtures(vendor)]
MADE_UP = fixtures("heffl/undocumented")


def vendor_of(fixture: Path) -> str:
    return fixture.relative_to(SAMPLES).parts[0]


def name_of(fixture: Path) -> str:
    return str(fixture.relative_to(SAMPLES).with_suffix(""))


def test_every_documented_payload_has_its_fixture() -> None:
    assert len(DOCUMENTED) == 33


def test_every_event_type_has_a_fixture() -> None:
    driven = sorted(
        (vendor_of(path), json.loads(path.read_bytes())["event"]) for path in DOCUMENTED + MADE_UP
    )
    declared = [(vendor, type) for vendor in ("heffl", "seedly") for type in get_vendor(vendor).event_types]
    assert driven == sorted(declared)
    assert len(driven) == 52


@pytest.mark.django_db
@pytest.mark.parametrize("fixture", DOCUMENTED + MADE_UP, ids=name_of)
def test_a_delivery_gives_the_records_written_beside_it(fixture: Path) -> None:
    source, secret = create_source("acme", vendor_of(fixture))
    assert deliver(source, secret, fixture.read_bytes()).status_code == 202
    assert drain_backlog() == 1
    event = Event.objects.get()
    assert (event.status, event.warnings, event.error) == (Event.Status.APPLIED, [], "")
    assert differences(expected_of(fixture)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("fixture", DOCUMENTED + MADE_UP, ids=name_of)
def test_the_payload_may_stand_under_the_other_vendors_key(fixture: Path) -> None:
    content = json.loads(fixture.read_bytes())
    other = {"payload": "data", "data": "payload"}
    source, secret = create_source("acme", vendor_of(fixture))
    deliver(
        source, secret, json.dumps({other.get(key, key): value for key, value in content.items()}).encode()
    )
    drain_backlog()
    assert differences(expected_of(fixture)) == []

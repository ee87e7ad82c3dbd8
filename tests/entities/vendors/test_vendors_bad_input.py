"""Bodies of a broken sender are stored and told, or refused as too large; nothing is lost, or stuck."""

import pytest

from entities.vendors import all_vendors
from events.models import Event
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.bad_input import BAD_INPUTS, sample_content
from tests.support.samples import list_vendor_samples
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", BAD_INPUTS)
@pytest.mark.parametrize("vendor", sorted(all_vendors()))
def test_bad_input_is_told_and_a_good_event_after_it_is_applied(vendor: str, kind: str) -> None:
    bad = BAD_INPUTS[kind]
    source, secret = create_source("acme", vendor)
    answer = deliver(source, secret, bad.make(vendor))
    assert answer.status_code == (202 if bad.statuses else 413)
    good = list_vendor_samples(vendor)[0].read_bytes()
    assert deliver(source, secret, good).status_code == 202
    drain_backlog()
    first, *rest = Event.objects.order_by("pk")
    if bad.statuses:
        assert first.status in bad.statuses, first.error
        (first,) = rest
    assert (first.status, rest[1:]) == (Event.Status.APPLIED, [])


@pytest.mark.parametrize(
    "kind", ["an event without a type among good ones", "a good event and 99,999 numbers"]
)
def test_in_a_list_the_good_events_count_and_the_others_are_a_warning(kind: str) -> None:
    (vendor,) = [name for name in all_vendors() if isinstance(sample_content(name), list)]
    source, secret = create_source("acme", vendor)
    assert deliver(source, secret, BAD_INPUTS[kind].make(vendor)).status_code == 202
    drain_backlog()
    event = Event.objects.get()
    assert event.status == Event.Status.APPLIED
    assert event.warnings[0].startswith("event 2: not an envelope: no event type under")

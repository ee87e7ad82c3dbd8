"""Signed deliveries of tens of thousands of keys, or of huge values, for one record: all stays fast."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from entities.models import Lead
from events.models import Event
from events.processing.drain import drain_backlog
from tests.support.api_client import create_api_client
from tests.support.run_summary import EXTRA_LINES
from tests.support.staff_client import get_page, log_in_staff, page_url
from tests.support.vendor_requests import deliver, new_source

DELIVERIES = 6
NEW_KEYS = 55_000
# Of a machine on which two tests run at the same time: alone each takes half a second at most.
MAX_SECONDS = 2.0
DRIFT_PAGE = "/admin/events/event/drift/"

MakePayload = Callable[[int], dict[str, Any]]
"""Makes what the delivery of this number says of the lead, in 0.9 MB."""


def new_keys(number: int) -> dict[str, Any]:
    return {f"k{number}_{index:05d}": 1 for index in range(NEW_KEYS)}


def one_value(number: int) -> dict[str, Any]:
    return {"blob": f"{number}" * 900_000}


def one_key(number: int) -> dict[str, Any]:
    return {f"{number}" * 900_000: 1}


def long_values(number: int) -> dict[str, Any]:
    return {f"k{number}_{index}": f"{index:03d}" * 5_300 for index in range(56)}


def custom_fields(number: int) -> dict[str, Any]:
    return {"customFields": {f"field{number}_{index:05d}": index for index in range(40_000)}}


def unreadable_name(number: int) -> dict[str, Any]:
    return {"name": {f"part{number}_{index:05d}": index for index in range(40_000)}}


def post_lead(source: Any, secret: str, number: int, payload: dict[str, Any]) -> Event:
    """Deliver one event of the lead through the source's address; return it, pending."""
    envelope = {
        "event": "lead.updated",
        "timestamp": f"2025-01-15T10:{number:02d}:00Z",
        "payload": {"id": "ld_1", **payload},
    }
    response = deliver(source, secret, json.dumps(envelope).encode())
    assert response.status_code == 202, response.content
    return Event.objects.get(pk=response.json()["event"])


@contextmanager
def noted_seconds(seconds: dict[str, float], what: str) -> Iterator[None]:
    """Note how long the block took, if it took longer than what was noted before."""
    begun = time.monotonic()
    yield
    seconds[what] = max(seconds.get(what, 0), time.monotonic() - begun)


@pytest.mark.django_db(transaction=True)
def test_six_deliveries_of_55_000_new_keys_leave_500_of_them_a_count_and_warnings() -> None:
    source, secret = new_source()
    events = [post_lead(source, secret, number, new_keys(number)) for number in range(DELIVERIES)]
    drain_backlog()
    keys = [key for number in range(DELIVERIES) for key in new_keys(number)]
    lead = Lead.objects.get()
    lowest = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())[:500]
    assert lead.extra == dict.fromkeys(lowest, 1)
    assert lead.extra_omitted == pytest.approx(DELIVERIES * NEW_KEYS - 500, rel=0.1)
    assert len(json.dumps(lead.registers)) < 100_000
    for number, event in enumerate(events):
        event.refresh_from_db()
        kept = len(set(lowest) & new_keys(number).keys())
        assert event.warnings == [
            f"extra: {NEW_KEYS - kept:,} keys of lead ld_1 not kept: the record has 500 with lower digests;"
            " the event has the whole"
        ]
        assert event.status == Event.Status.APPLIED
        assert len(event.timeline.get().wrote) == 501
    answer = create_api_client().get(f"/api/v1/leads/{lead.pk}/").json()
    assert (len(answer["extra"]), answer["extra_omitted"]) == (500, lead.extra_omitted)
    page = get_page(log_in_staff(), page_url(lead))
    assert f"300 more: see the events; about {lead.extra_omitted:,} not kept: see the events" in page
    out = StringIO()
    call_command("verify_mirror", stdout=out)
    call_command("rebuild_mirror", stdout=out)
    assert Lead.objects.get().registers == lead.registers


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.parametrize(
    "make_payload",
    [new_keys, one_value, one_key, long_values, custom_fields, unreadable_name],
    ids=lambda make: make.__name__,
)
def test_six_deliveries_of_a_megabyte_for_one_record_slow_no_event_and_no_page(
    make_payload: MakePayload,
) -> None:
    source, secret = new_source()
    staff, reader = log_in_staff(), create_api_client()
    seconds: dict[str, float] = {}
    for number in range(DELIVERIES):
        event = post_lead(source, secret, number, make_payload(number))
        with noted_seconds(seconds, "apply"):
            drain_backlog()
        with noted_seconds(seconds, "the event's page"):
            get_page(staff, page_url(event))
    lead = Lead.objects.get()
    pages = {
        "the record's page": page_url(lead),
        "its timeline": f"{page_url(lead).removesuffix('change/')}timeline/",
        "the list": "/admin/entities/lead/",
        "the drift page": DRIFT_PAGE,
    }
    for what, url in pages.items():
        with noted_seconds(seconds, what):
            get_page(staff, url)
    for part in ("", "timeline/", "history/", "provenance/"):
        with noted_seconds(seconds, f"api {part}"):
            assert reader.get(f"/api/v1/leads/{lead.pk}/{part}").status_code == 200
    with noted_seconds(seconds, "manage.py drift"):
        call_command("drift", stdout=StringIO())
    EXTRA_LINES.append(
        f"six deliveries of {make_payload.__name__}: "
        + ", ".join(f"{what} {longest:.2f} s" for what, longest in seconds.items())
    )
    assert {what: longest for what, longest in seconds.items() if longest >= MAX_SECONDS} == {}

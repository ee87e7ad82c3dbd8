"""Checks that hostile input did no harm: nothing is left pending, and failures are the sender's fault."""

from entities.reading.envelopes.envelope import read_envelopes
from entities.reading.envelopes.strict_json import Malformed
from entities.reading.mapped_event import Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor
from events.models import Event, Source
from tests.support import body_text
from tests.support.run_summary import COUNTS


def build_good_body(source: Source, name: object) -> bytes:
    """Build the body of an event without a mistake, of a record of its own."""
    vendor = get_vendor(source.vendor)
    event_type = next(
        name for name, event in vendor.events.items() if event.entity.model == "contact" and not event.id
    )
    members = body_text.identity_members(vendor, event_type, f"good_{name}") | {
        "email": f'"{name}@example.com"'
    }
    return body_text.build_body(vendor, event_type, members)


def is_applied(source: Source, body: bytes) -> bool:
    event = Event.objects.get(source=source, body=body)
    return event.status == Event.Status.APPLIED and event.timeline.exists()


def assert_no_harm_done() -> None:
    """Fail if an event is pending, or was not applied although the sender made no mistake."""
    pending = Event.objects.filter(status=Event.Status.PENDING).count()
    unapplied = Event.objects.filter(status__in=(Event.Status.FAILED, Event.Status.MALFORMED))
    faults = [f"{event.error}: {bytes(event.body[:200])!r}" for event in unapplied if is_mirrors_fault(event)]
    COUNTS["pending"] += pending
    COUNTS["refused"] += unapplied.filter(next_attempt_at__isnull=False).count()
    assert (pending, faults) == (0, [])


def is_mirrors_fault(event: Event) -> bool:
    """Return True unless the body explains the event's status: it is not an envelope, or names no record."""
    vendor, body = event.source.vendor, bytes(event.body)
    stored = StoredEvent(
        event.pk,
        event.source_id,
        vendor,
        bytes(event.digest).hex(),
        body,
        event.received_at,
        event.source.time_zone,
    )
    try:
        read_envelopes(body, get_vendor(vendor), event.received_at)
        map_event(stored)
    except Malformed:
        return event.status != Event.Status.MALFORMED
    except Unmappable as error:
        return event.error != str(error)
    return True

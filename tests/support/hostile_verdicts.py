"""Whether hostile input did any harm: what is left to do, what failed and whose fault that is."""

from entities.reading.envelope import Malformed, read_envelope
from entities.reading.mapped_event import Unmappable
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor
from events.models import Event, Source
from tests.support import hostile_bodies
from tests.support.run_summary import COUNTS


def good(source: Source, name: object) -> bytes:
    """An event that nothing is wrong with."""
    vendor = get_vendor(source.vendor)
    event_type = next(name for name in vendor.event_types if name.startswith("contact."))
    members = hostile_bodies.identity(vendor, event_type, f"good_{name}") | {"email": f'"{name}@example.com"'}
    return hostile_bodies.body(vendor, event_type, members)


def is_applied(source: Source, body: bytes) -> bool:
    event = Event.objects.get(source=source, body=body)
    return event.status == Event.Status.APPLIED and event.timeline.exists()


def judge() -> None:
    """Nothing is left to do, and whatever was not applied is the sender's fault."""
    pending = Event.objects.filter(status=Event.Status.PENDING).count()
    unapplied = Event.objects.filter(status__in=(Event.Status.FAILED, Event.Status.MALFORMED))
    faults = [f"{event.error}: {bytes(event.body[:200])!r}" for event in unapplied if is_ours(event)]
    COUNTS["pending"] += pending
    COUNTS["refused"] += unapplied.filter(next_attempt_at__isnull=False).count()
    assert (pending, faults) == (0, [])


def is_ours(event: Event) -> bool:
    """Whether the mirror is at fault: the bytes themselves are no envelope, or name no record, if not."""
    vendor, body = event.source.vendor, bytes(event.body)
    stored = StoredEvent(
        event.pk, event.source_id, vendor, bytes(event.digest).hex(), body, event.received_at
    )
    try:
        read_envelope(body, get_vendor(vendor), event.received_at)
        map_event(stored)
    except Malformed:
        return event.status != Event.Status.MALFORMED
    except Unmappable as error:
        return event.error != str(error)
    return True

"""What becomes of an event next, in words."""

from datetime import datetime, timedelta

from crmmirror.lib.admin_kit.cells import format_duration
from entities.vendors import all_vendors
from events.models import Event
from events.processing.outcomes import MAX_ATTEMPTS

BY_ITSELF = "It is not tried again by itself, since nothing would be different."
SECOND = timedelta(seconds=1)


def describe_next_attempt(event: Event, now: datetime) -> str:
    """Empty for an applied one."""
    words = {
        Event.Status.PENDING: _pending,
        Event.Status.FAILED: _failed,
        Event.Status.MALFORMED: _malformed,
        Event.Status.IGNORED: _ignored,
    }
    return words[Event.Status(event.status)](event, now) if event.status in words else ""


def _pending(event: Event, now: datetime) -> str:
    return "It waits for a worker."


def _failed(event: Event, now: datetime) -> str:
    if event.next_attempt_at is None:
        gave_up = f"There is no further try after {event.attempts}."
        ended = gave_up if event.attempts >= MAX_ATTEMPTS else BY_ITSELF
        return f"{ended} Apply it again after mending the cause."
    more = MAX_ATTEMPTS - event.attempts - 1
    left = event.next_attempt_at - now
    when = f"in {format_duration(left)}" if left >= SECOND else "due now"
    return f"Next try {when}; {f'{more} more' if more else 'it is the last'}."


def _malformed(event: Event, now: datetime) -> str:
    return f"{BY_ITSELF} Its bytes are kept: apply it again if the mirror has learnt to read them."


def _ignored(event: Event, now: datetime) -> str:
    vendor = all_vendors().get(event.source.vendor)
    if vendor and event.event_type in vendor.events:
        return "The mapping knows this type by now: apply it again."
    return "The mapping does not know this type of event. Once it does, apply it again."

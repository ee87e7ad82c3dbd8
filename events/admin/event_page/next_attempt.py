"""Describes in words what will happen to an event next, and what staff can do about it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crmmirror.lib.admin_kit.cells import format_duration
from entities.reading.fetched.fetched_plans import knows_any_type
from entities.stored_events import Origin
from entities.vendors import all_vendors
from events.models import Event
from events.processing.outcomes import MAX_ATTEMPTS
from events.reports.envelope_problem import find_envelope_problem

NOT_AUTOMATIC = "It is not attempted again automatically, because the result would be the same."
NO_BODY = "The mapping did not know this event type. Without its body it cannot be applied any more."
SECOND = timedelta(seconds=1)


def describe_next_attempt(event: Event, now: datetime) -> str:
    """Return a sentence or two about the next attempt at the event; empty for an applied one."""
    if event.pruned_at is not None:
        return NO_BODY if event.status == Event.Status.IGNORED else ""
    describe = DESCRIPTIONS.get(event.status)
    return describe(event, now) if describe else ""


def _describe_pending(event: Event, now: datetime) -> str:
    return "It waits for a worker."


def _describe_failed(event: Event, now: datetime) -> str:
    if event.next_attempt_at is not None:
        return _describe_scheduled(event.next_attempt_at - now, MAX_ATTEMPTS - event.attempts - 1)
    has_given_up = event.attempts >= MAX_ATTEMPTS
    reason = f"There is no further attempt after {event.attempts}." if has_given_up else NOT_AUTOMATIC
    return f"{reason} Remove the cause, then apply it again."


def _describe_scheduled(wait: timedelta, further_attempts: int) -> str:
    due = f"in {format_duration(wait)}" if wait >= SECOND else "due now"
    further = f"{further_attempts} more can follow" if further_attempts else "it is the last"
    return f"Next attempt {due}; {further}."


def _describe_malformed(event: Event, now: datetime) -> str:
    vendor = all_vendors().get(event.source.vendor)
    body = bytes(event.body)
    if vendor and find_envelope_problem(body, vendor, event.received_at, Origin(event.origin)) is None:
        return "The mirror can read it by now: apply it again."
    return f"{NOT_AUTOMATIC} Its exact bytes are kept: apply it again once the mirror can read them."


def _describe_ignored(event: Event, now: datetime) -> str:
    vendor = all_vendors().get(event.source.vendor)
    if vendor and knows_any_type(vendor, event.event_type):
        return "The mapping knows this event type by now: apply the event again."
    return "The mapping does not know this event type. Once it does, apply the event again."


DESCRIPTIONS: dict[str, Callable[[Event, datetime], str]] = {
    Event.Status.PENDING: _describe_pending,
    Event.Status.FAILED: _describe_failed,
    Event.Status.MALFORMED: _describe_malformed,
    Event.Status.IGNORED: _describe_ignored,
}

"""The drift report's page, a payload, and events that were received on other days."""

from datetime import datetime, timedelta

from django.utils import timezone

from events.models import Event

DEAL = {"id": "dl_1", "title": "Licence"}
DRIFT_URL = "/admin/events/event/drift/"


def backdate_receipt(event: Event, days_ago: int) -> datetime:
    """Set an event's receipt to so many days ago; return that time."""
    received_at = timezone.now() - timedelta(days=days_ago)
    Event.objects.filter(pk=event.pk).update(received_at=received_at)
    return received_at

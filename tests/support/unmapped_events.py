"""What the tests of the drift report share: its page, a payload, and events of other days."""

from datetime import datetime, timedelta

from django.utils import timezone

from events.models import Event

DEAL = {"id": "dl_1", "title": "Licence"}
DRIFT_URL = "/admin/events/event/drift/"


def backdate_receipt(event: Event, days_ago: int) -> datetime:
    at = timezone.now() - timedelta(days=days_ago)
    Event.objects.filter(pk=event.pk).update(received_at=at)
    return at

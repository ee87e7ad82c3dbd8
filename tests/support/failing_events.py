"""An event that fails, its reason, and the admin's pages about failed events."""

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from events.models import Event
from tests.support.staff_client import store_and_apply

NO_ID_ERROR = "the payload carries no id (looked for id, dealId)"
DEAL = {"id": "dl_1", "title": "Licence"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def failed_page_url() -> str:
    return reverse("admin:events_event_failed")


def apply_again_url(**filters: Any) -> str:
    return f"{reverse('admin:events_event_apply_all_again')}?{urlencode(filters)}"


def store_event_without_id(title: str) -> Event:
    """Store and process an event that fails, because its payload has no id."""
    return store_and_apply("deal.created", {"title": title})

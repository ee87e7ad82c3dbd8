"""Staff who are logged in to the admin, and events for them to look at."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from events.ingest.store import store_event
from events.models import Event, Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
SERIAL_NUMBERS = itertools.count(1)


def create_staff_user(*permissions: str) -> User:
    """Create a superuser, or a member of staff with these permissions (view_deal) only."""
    name = f"staff{next(SERIAL_NUMBERS)}"
    user = User.objects.create_user(name, is_staff=True, is_superuser=not permissions)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def log_in_staff(*permissions: str) -> Client:
    """Return a client that is logged in as a new member of staff."""
    client = Client()
    client.force_login(create_staff_user(*permissions))
    return client


def ensure_source(slug: str = "acme", vendor: str = "heffl") -> Source:
    """Return the source with this slug; create it if there is none."""
    return Source.objects.filter(slug=slug).first() or create_source(slug, vendor)[0]


def store_delivery(body: bytes | dict[str, Any], vendor: str = "heffl") -> Event:
    """Store one delivery, and return its event, which is pending."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stored = store_event(ensure_source(f"acme-{vendor}", vendor), content, HEADERS, datetime.now(UTC))
    return Event.objects.get(pk=stored.event_id)


def store_and_apply(
    event: str, payload: dict[str, Any], at: str = "2025-01-15T10:30:00Z", vendor: str = "heffl"
) -> Event:
    """Store an event, apply it, and return it."""
    stored = store_delivery({"event": event, "timestamp": at, "payload": payload}, vendor)
    drain_backlog()
    stored.refresh_from_db()
    return stored


def list_url(model: type[Any]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def get_page(client: Client, url: str, /, **query: Any) -> str:
    """Return the text of the page at that address. Without `query`, the query in the address is kept."""
    response = client.get(url, query or None)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()

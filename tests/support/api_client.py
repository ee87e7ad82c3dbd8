"""Clients of the API, and builders of the rows that they ask for."""

import hashlib
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from entities.merge.clock import Rank, format_clock
from entities.models import ApiToken, Record, TimelineEntry
from entities.models.introspection import model_name
from events.models import Event, Scheme, Source
from tests.support.search_documents import save_document

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
SERIAL_NUMBERS = itertools.count(1)


def authorization_header(*permissions: str, superuser: bool = True) -> str:
    """Return the header with the token of a superuser, or of a user with these permissions (view_deal)."""
    user = User.objects.create_user(
        f"reader{next(SERIAL_NUMBERS)}", is_superuser=superuser and not permissions
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    _, text = ApiToken.issue(user, "tests")
    return f"Token {text}"


def create_api_client(*permissions: str, superuser: bool = True) -> Client:
    """Return a client that sends the header of `authorization_header`."""
    client = Client(headers={"authorization": authorization_header(*permissions, superuser=superuser)})
    client.get("/api/v1/")  # Records the token's first use, a query that later requests then do not have.
    return client


def get_json(client: Client, path: str, query: Mapping[str, Any] | None = None, status: int = 200) -> Any:
    """Return the JSON of the answer; fail unless it has this status."""
    response = client.get(f"/api/v1/{path}", dict(query or {}))
    assert response.status_code == status, response.content.decode()[:2000]
    return response.json()


def get_ids(client: Client, path: str, /, **query: Any) -> list[int]:
    """Return the ids on the first page of a list, in its order."""
    return [row["id"] for row in get_json(client, path, query)["results"]]


def ensure_source(slug: str = "acme", **fields: Any) -> Source:
    """Return the source with this slug; create it if there is none."""
    defaults = {"vendor": "heffl", "scheme": Scheme.STANDARD_WEBHOOKS} | fields
    return Source.objects.get_or_create(slug=slug, defaults=defaults)[0]


def create_record(model: type[Record], **fields: Any) -> Any:
    """Create a record that is not a placeholder, with these fields and the keys by which it is found."""
    fields = {
        "source": ensure_source(),
        "external_id": f"x{next(SERIAL_NUMBERS)}",
        "is_placeholder": False,
    } | fields
    row = model._default_manager.create(**fields)
    row.refresh_from_db()
    save_document(row)
    return row


def create_event(occurred_at: datetime = NOW, **fields: Any) -> Event:
    """Create an applied event with a body of its own."""
    body = fields.pop("body", json.dumps({"serial": next(SERIAL_NUMBERS)}).encode())
    defaults = {
        "source": ensure_source(),
        "event_type": "deal.updated",
        "received_at": NOW,
        "occurred_at": occurred_at,
        "status": Event.Status.APPLIED,
    }
    digest = hashlib.sha256(body).digest()
    return Event.objects.create(**defaults | fields, body=body, digest=digest)


def create_timeline_entry(
    row: Record, occurred_at: datetime, wrote: dict[str, Any], rank: Rank = Rank.OTHER
) -> TimelineEntry:
    """Create an event of that time, and the entry of what it wrote to the record."""
    event = create_event(occurred_at)
    return TimelineEntry.objects.create(
        record_type=model_name(type(row)),
        record_id=row.pk,
        event=event,
        clock=format_clock(occurred_at, rank, bytes(event.digest).hex()),
        wrote=wrote,
    )
